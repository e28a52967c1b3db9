# What Jekyll reads in a post's front matter, for tests.
#
# Each line on stdin is a JSON string, a whole post. Each gets one line of JSON:
#   {"front": {"title": {"class": "String", "value": "…"}, …}, "keys": ["layout", …], "body": "…"}
#   {"error": "…"}
# "front" holds what Jekyll's own loader makes of it. "keys" are the top-level keys as they
# stand in the text, so a key given twice is there twice. A list's or mapping's value holds
# such {"class", "value"} pairs again; true, false and nil have the classes TrueClass,
# FalseClass and NilClass. A key that is not a string is shown as "(Class) inspected".

require "json"
require "jekyll"

Encoding.default_external = Encoding::UTF_8
Encoding.default_internal = Encoding::UTF_8
$stdout.sync = true

def name_of(key)
  key.is_a?(String) ? key : "(#{key.class}) #{key.inspect}"
end

def plain(value)
  case value
  when Hash then value.to_h { |key, item| [name_of(key), described(item)] }
  when Array then value.map { |item| described(item) }
  when String then value.encoding == Encoding::UTF_8 && value.valid_encoding? ? value : value.inspect
  when Integer, true, false, nil then value
  when Float then value.finite? ? value : value.to_s
  else value.to_s
  end
end

def described(value)
  { class: value.class.name, value: plain(value) }
end

def keys(yaml)
  root = Psych.parse(yaml)&.root
  return [] unless root.is_a?(Psych::Nodes::Mapping)

  root.children.each_slice(2).map { |key, _| key.respond_to?(:value) ? key.value : "(#{key.class.name})" }
end

def read(post)
  # A file that does not begin like this, so one with a byte order mark too, is no post to Jekyll.
  raise "not a post: no front matter at the start" unless post.b.lines.first.to_s.match?(/\A---\s*\r?\n/)
  raise "the front matter does not end" unless post =~ Jekyll::Document::YAML_FRONT_MATTER_REGEXP

  yaml = Regexp.last_match(1)
  body = Regexp.last_match.post_match
  front = Jekyll::Utils.safe_load_yaml(yaml) || {}
  raise "the front matter is no mapping but a #{front.class}" unless front.is_a?(Hash)

  { front: plain(front), keys: keys(yaml), body: body }
end

$stdin.each_line do |line|
  answer =
    begin
      post = JSON.parse(line)
      raise "not a JSON string" unless post.is_a?(String)

      JSON.generate(read(post))
    rescue StandardError, SystemStackError => e
      JSON.generate({ error: "#{e.class}: #{e.message}" })
    end
  puts answer
end
