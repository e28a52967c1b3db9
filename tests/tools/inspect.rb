# What a built page shows and holds, for tests.
#
#   ruby inspect.rb FILE SELECTOR     one JSON object; exit status 1 and a message when nothing matches
#   ruby inspect.rb --lines           for each line [FILE, SELECTOR] on stdin one line: the object, or {"error": …};
#                                     for [FILE, [SELECTOR, …]] the objects in a list
#
# The page is parsed as a browser would (HTML 5). Of the first match:
#   text        what a reader sees: no scripts, styles, templates or comments; blanks
#               collapsed, but a no-break space stays one; one blank between blocks
#   tags        how many of each element are inside
#   attributes  every attribute name inside, sorted, each once
#   hrefs       the href values inside, in order
#   own         the match's own attributes, name to value
#   comments    how many comments are inside
#   matches     how many elements the selector matches

require "json"
require "nokogiri"

Encoding.default_external = Encoding::UTF_8
Encoding.default_internal = Encoding::UTF_8

UNSEEN = %w[script style template noscript head title].freeze
INLINE = %w[a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small span strike
            strong sub sup time tt u var wbr].freeze

def seen(node)
  return node.content if node.text? || node.cdata?
  return "" if !node.element? || UNSEEN.include?(node.name) || node.key?("hidden")

  inner = node.children.map { |child| seen(child) }.join
  INLINE.include?(node.name) ? inner : " #{inner} "
end

def look(file, selectors)
  page = Nokogiri::HTML5(File.read(file, encoding: "UTF-8"), max_tree_depth: -1, max_attributes: -1)
  return selectors.map { |selector| describe(page, file, selector) } if selectors.is_a?(Array)

  describe(page, file, selectors)
end

def describe(page, file, selector)
  matches = page.css(selector)
  match = matches.first or raise "nothing in #{file} matches #{selector}"
  inside = match.css("*")
  {
    text: match.children.map { |child| seen(child) }.join.gsub(/[ \t\r\n\f]+/, " ").strip,
    tags: inside.map(&:name).tally,
    attributes: inside.flat_map { |element| element.attribute_nodes.map(&:name) }.uniq.sort,
    hrefs: inside.filter_map { |element| element["href"] },
    own: match.attribute_nodes.to_h { |attribute| [attribute.name, attribute.value] },
    comments: match.xpath(".//comment()").size,
    matches: matches.size
  }
end

if ARGV == ["--lines"]
  $stdout.sync = true
  $stdin.each_line do |line|
    answer =
      begin
        look(*JSON.parse(line))
      rescue StandardError, SystemStackError => e
        { error: "#{e.class}: #{e.message}" }
      end
    puts JSON.generate(answer)
  end
elsif ARGV.size == 2
  begin
    puts JSON.generate(look(*ARGV))
  rescue StandardError, SystemStackError => e
    abort e.message
  end
else
  abort "usage: ruby inspect.rb FILE SELECTOR | ruby inspect.rb --lines"
end
