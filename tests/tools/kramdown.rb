# Compares what the blog's Markdown engine makes of a text with what the preview promised.
#
# For each line of JSON {"markdown": …, "preview": …} on standard input, one line of JSON: for
# "blog" and "preview" each the visible text, the links, and the structure (names of elements,
# nested as they are); and the seconds of the processor that it took. The options are Jekyll's own.
# With "lenient": true what is done to a typed text on purpose does not count: bare addresses become
# links, and a story's headings stand below the post's own.
require "json"
require "kramdown"
require "kramdown-parser-gfm"
require "nokogiri"

$stdout.sync = true
Encoding.default_external = Encoding.default_internal = Encoding::UTF_8

OPTIONS = {
  input: "GFM", auto_ids: true, toc_levels: (1..6).to_a, entity_output: "as_char",
  smart_quotes: "lsquo,rsquo,ldquo,rdquo", hard_wrap: false, guess_lang: true,
  footnote_nr: 1, show_warnings: false
}.freeze

BLOCKS = %w[p h1 h2 h3 h4 h5 h6 ul ol li blockquote hr br pre table tr td th div dl dt dd].freeze

# Those of links, of footnotes and of code, none of which anybody can type.
ATTRIBUTES = %w[id href title class role rel dir].freeze

def visible(node, out)
  node.children.each do |child|
    if child.text?
      out << child.text
    elsif child.element?
      out << " " if BLOCKS.include?(child.name)
      visible(child, out)
      out << " " if BLOCKS.include?(child.name)
    end
  end
  out
end

# A paragraph in a list's item is a matter of space only, so it does not count.
def structure(node)
  node.element_children.flat_map do |child|
    inner = structure(child)
    child.name == "p" && node.name == "li" ? inner : ["#{child.name}(#{inner.join(" ")})"]
  end
end

def fold(body)
  body.css("h1").each { |heading| heading.name = "h2" }
  body.css("a").each do |link|
    text = link.text
    is_bare = ["", "mailto:", "https://", "http://"].any? { |start| link["href"] == start + text }
    link.replace(link.children) if is_bare
  end
end

def look(html, lenient)
  body = Nokogiri::HTML5.fragment(html)
  fold(body) if lenient
  # The highlighter of code puts elements around and into it, which change no word.
  body.css(".highlighter-rouge").each do |code|
    pre = code.at_css("pre")
    code.replace(pre) if pre
  end
  body.css("pre code span").each { |span| span.replace(span.children) }
  body.css("code.highlighter-rouge").each { |code| code.remove_attribute("class") }
  {
    text: visible(body, +"").gsub(/[ \t\n]+/, " ").strip,
    links: body.css("[href], [src]").map { |node| node["href"] || node["src"] },
    structure: structure(body).join(" "),
    directions: body.css("[dir]").map { |node| [node.name, node["dir"]] },
    attributes: body.css("*").flat_map { |node| node.attributes.keys }.uniq - ATTRIBUTES
  }
end

$stdin.each_line do |line|
  asked = JSON.parse(line)
  started = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  html = Kramdown::Document.new(asked["markdown"], OPTIONS).to_html
  seconds = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - started
    lenient = asked["lenient"]
  puts JSON.generate(blog: look(html, lenient), preview: look(asked["preview"], lenient), html: html, seconds: seconds)
end
