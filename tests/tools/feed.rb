# Reads a feed from standard input and judges it by RFC 4287 (the library rss of Ruby, which raises
# where something is missing or wrong); prints the number of its entries.
require "rss"

STDIN.set_encoding("UTF-8")
feed = RSS::Parser.parse(STDIN.read, validate: true, ignore_unknown_element: false)
raise "no Atom feed" unless feed.is_a?(RSS::Atom::Feed)
puts feed.entries.size
