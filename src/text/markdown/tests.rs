use super::*;

/// What is written, after a look at whether it reads back as the same.
pub(super) fn markdown(source: &str) -> String {
    let document = Document::parse(source);
    let written = document.to_markdown();
    assert_eq!(
        Document::of_own(&written).to_html(),
        document.to_html(),
        "{source:?}"
    );
    written
}

#[test]
fn ordinary_text_comes_out_as_it_went_in() {
    for text in [
        "AT&T, R&D and Q&A. Campaign #1 (2021) cost $5, or £3 – 50% of a/b: x: y.",
        "“Curly” and \"straight\" quotes, it's the council’s – and -- so on...",
        "~200 people said [sic] or [the council] must act! [The council, in 2021], said",
        "Lines that\nthe author wrapped,\nkept. #hashtag\n\nAnd a  \nhard break.",
        "A [link](https://example.org/a_b?c=d&e=f#g%20h[1]) and [mail](mailto:a@example.org)",
        "A [page](https://en.wikipedia.org/wiki/A_(b)), [*styled* text [sic]](http://example.org)",
        "*One* _two_ **three** __four__ **five *six* seven** **_eight_** _**nine**_ `code`",
        "* **Lead-in:** text\n  over lines\n* **More:** text\n  * nested\n    * deeper\n* last",
        "- a\n\n- b\n\n  more of b\n\n  > quoted\n\n1. one\n2. two\n\n-   wide\n-   list",
        "1. a\n   1. b\n2. c\n3. d\n4. e\n5. f\n6. g\n7. h\n8. i\n9. j\n10. k\n    * l\n11. m",
        "> Quoted *words*\n> go on\n>\n> > deeper\n\n## Heading #1\n\n### Deeper\n\n* * *\n\nEnd",
        "日本語の文。**強調** é – ☎ 🎉 **🎉 party** 5 < 6".trim_end_matches("5 < 6"),
    ] {
        assert_eq!(markdown(text), text.trim_end());
    }
}

#[test]
fn what_the_blog_would_take_for_markup_stays_text() {
    for (source, expected) in [
        ("{{ site.x }}{% a %}", "&#123;&#123; site.x }}&#123;% a %}"),
        ("text\n{: onclick=\"x\"}", "text\n&#123;: onclick=\"x\"}"),
        ("<script>*x*</script>", "&lt;script&gt;*x*&lt;/script&gt;"),
        ("<!--more-->", "&lt;!--more--&gt;"),
        (
            "&lt;b&gt; &copy; \\&copy; &#123;",
            "&lt;b&gt; © &amp;copy; &#123;",
        ),
        ("a | b\n-| -", "a \\| b  \n-\\| -"),
        ("term\n: text", "term\n\\: text"),
        ("a[^1]\n\n[^2]: note", "a\\[^1\\]\n\n\\[^2\\]\\: note"),
        (
            "[a]: http://b\n*[AB]: c",
            "\\[a\\]\\: http://b\n\\*\\[AB\\]\\: c",
        ),
        ("*[ab](http://c)* [d]: e", "*[ab](http://c)* \\[d\\]\\: e"),
        ("$$x$$ ~~y~~ a_b", "\\$\\$x\\$\\$ ~~y~~ a\\_b"),
        (
            "~x~ a~ *~y~* ~*z*~ ~*~.a* b\n~20 to (~30)",
            "~x&#126; a&#126; *~y&#126;* ~*z*&#126; ~*&#126;.a* b\n~20 to (~30)",
        ),
        (
            "https://a.b/c?d=e&f#g http://a.b/c_d, *www.a.b* www.a.b/c www.a.b/~c_ x://{y} http://é",
            "[https://a.b/c?d=e&f#g](https://a.b/c?d=e&f#g) \
                [http\\://a.b/c\\_d](http://a.b/c_d), *[www.a.b](https://www.a.b)* \
                [www.a.b/c](https://www.a.b/c) [www\\.a.b/~c](https://www.a.b/~c)\\_ \
                x\\://&#123;y} http\\://é",
        ),
        ("^", "&#94;"),
        ("back\\slash\\", "back&#92;slash&#92;"),
        (
            "&_c_; _&_; [sic](http://a)",
            "&amp;_c_; \\_&amp;\\_; [sic](http://a)",
        ),
        ("* [x] done\n* [ ] not", "* \\[x\\] done\n* \\[ \\] not"),
        ("1984. It was", "1984\\. It was"),
        ("text\n1984. It was", "text\n1984\\. It was"),
        ("1) a\n2) b", "1. a\n2. b"),
        ("text\n---\nmore\n===", "text\n\n* * *\n\nmore\n\\==="),
        ("#hashtag\n---", "\\#hashtag\n\n* * *"),
        ("# Title #", "## Title"),
        ("## C\\#", "## C\\#"),
        ("```\n*a*\n\nb\n```", "```\n*a*\n\nb\n```"),
        ("    *indented* text", "*indented* text"),
        ("`a{b}` `c|d`", "a&#123;b} c\\|d"),
        ("***x*** *a***b**", "**_x_** *a*b"),
        (
            "a _quiet _street, (_an aside _here) and _so_; \\_not so\n\n_id_of _it",
            "a _quiet_ street, (_an aside_ here) and _so_; \\_not so\n\n\\_id\\_of \\_it",
        ),
        (
            "see the**[ plan](https://a.b) **or **its [end ](https://a.b)**s",
            "see the **[plan](https://a.b)** or **its [end](https://a.b)** s",
        ),
        (
            "**bold:**text\n\n日本**語。**日本",
            "**bold**:text\n\n日本**語**。日本",
        ),
        ("\\*\\*not bold:\\*\\*text", "\\*\\*not bold:\\*\\*text"),
        ("* a\n\n+ b\n\n1. c", "* a\n* b\n\n1. c"),
        ("*\n\n>", "\\*\n\n&gt;"),
        ("> > > > > > a", "> > > > a"),
        (">\t* a\n>\t* b", "> * a\n> * b"),
        (">\t1984. a", "> 1984\\. a"),
    ] {
        assert_eq!(markdown(source), expected, "{source:?}");
    }
}

#[test]
fn links_lead_to_the_web_or_stay_text() {
    for (source, expected) in [
        ("[a](javascript:x)", "\\[a\\](javascript:x)"),
        (
            "[a](java&#10;script:x) [b](/c)",
            "\\[a\\](java&amp;#10;script:x) \\[b\\](/c)",
        ),
        (
            "<javascript:x> <data:y>",
            "&lt;javascript:x&gt; &lt;data:y&gt;",
        ),
        ("[![a](b.png)](data:x)", "\\[a\\](data:x)"),
        ("[a](HTTPS://b.c \"title\")", "[a](HTTPS://b.c \"title\")"),
        (
            "[a](www.b.c) [](http://d.e)",
            "[a](https://www.b.c) [http://d.e](http://d.e)",
        ),
        ("![a](http://b.c/d.png)", "[a](http://b.c/d.png)"),
        (
            "<https://b.c> <a@b.c>",
            "[https://b.c](https://b.c) [a@b.c](mailto:a@b.c)",
        ),
        (
            "[a](<http://b/c d|{e}\">)",
            "[a](http://b/c%20d%7C%7Be%7D%22)",
        ),
        (
            "[a](http://b/\\(c?d&amp;lt;)",
            "[a](http://b/%28c?d&amp;lt;)",
        ),
        (
            "[a\\]: b](http://c) !\\[d](http://e)",
            "[a\\]\\: b](http://c) !\\[d\\](http://e)",
        ),
        ("[^a](http://b)", "[&#94;a](http://b)"),
    ] {
        assert_eq!(markdown(source), expected, "{source:?}");
    }
}

#[test]
fn a_link_right_behind_a_footnote_stays_a_link() {
    let source = "One[^n] and two[^n]<https://a.b>\n\n[^n]: why";
    assert!(markdown(source).ends_with(": why"));
    let html = Document::parse(source).to_html();
    assert!(html.contains("</sup> <a href=\"https://a.b\">"), "{html}");
}

#[test]
fn html_is_plain_and_set_as_on_the_blog() {
    let source = "# A & \"b\"\n\nIt's 5 < 6 -- or...  \n[so](http://a/?b&c) **x** `d`\n\n* one\n* two\n\n> q";
    let expected = "<h2>A &amp; “b”</h2>\n<p>It’s 5 &lt; 6 – or…<br>\n<a href=\"http://a/?b&amp;c\">so</a> \
        <strong>x</strong> <code>d</code></p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n\
        <blockquote>\n<p>q</p>\n</blockquote>";
    assert_eq!(Document::parse(source).to_html(), expected);
}

#[test]
fn single_lines_are_text_throughout() {
    assert_eq!(
        escape_line("# AT&T, R&D: 'a' – [sic]"),
        "# AT&T, R&D: 'a' – [sic]"
    );
    assert_eq!(
        escape_line("*a*\n{{b}} <c> "),
        "\\*a\\* &#123;&#123;b}} &lt;c&gt;"
    );
    assert_eq!(
        text_to_html("'80s \"<a>\" &"),
        "<p>’80s “&lt;a&gt;” &amp;</p>"
    );
}

#[test]
fn anything_is_read_and_reads_back_as_the_same() {
    let parts = [
        "[",
        "![",
        "> ",
        "*",
        "_",
        "`",
        "- ",
        "<",
        "&",
        "\\",
        "](",
        "*_",
        "a**b",
        "- - - -\n",
        "* a\n  ",
        "> - ",
        "[a](",
        "![a](b) ",
        "{",
        "\t",
        "\n",
        "a\n- b\n\n",
        "``` ",
        "</a>",
        "é",
        "_a_ ",
        "***a*** ",
        "<a:b>",
        "\u{FDD0}",
        "\r\u{0}",
    ];
    for first in parts {
        for second in parts {
            let document = Document::parse(&format!("{first}{second}").repeat(200));
            let written = document.to_markdown();
            assert_eq!(Document::parse(&written), document, "{first:?} {second:?}");
            let own = Document::of_own(&written);
            assert_eq!(own.to_html(), document.to_html(), "{first:?} {second:?}");
            assert!(!written.contains(['{', '<']));
        }
        Document::parse(&first.repeat(20_000 / first.len())).to_html();
    }
}

#[test]
fn references_to_what_nobody_sees_reach_no_draft() {
    for (source, expected) in [
        ("A &#xFFFE; b&#65535;&#x1FFFF; &#xFFFC;c", "A  b c"),
        ("don&#x92;t &#xE000;a&#x202E;b&#7;&#10;c", "don’t ab c"),
        ("[a](http://b/&#xFFFE;c&#xFDE4;)", "[a](http://b/c)"),
        (
            "&#xFDD0;b> &#64977; [a](http://b/&#xFDD3;)",
            "&amp;#xFDD0;b&gt; &amp;#64977; [a](http://b/&amp;#xFDD3;)",
        ),
        ("\u{fdd0}a\u{fdd3}amp;", "aamp;"),
    ] {
        assert_eq!(markdown(source), expected, "{source:?}");
    }
}

#[test]
fn lines_with_very_many_marks_are_broken_at_blanks() {
    for piece in ["{ ", "`a` ", "é*a* ", "[a](http://b) ", "_`a`_ \"b\" "] {
        let source = piece.repeat(3000);
        let document = Document::parse(&source);
        let written = document.to_markdown();
        assert!(written.contains('\n'), "{piece:?}");
        let html = document.to_html().replace('\n', " ");
        let one = Document::parse(piece).to_html();
        let one = one.trim_start_matches("<p>").trim_end_matches("</p>");
        assert_eq!(html.matches(one).count(), 3000, "{piece:?}");
        assert_eq!(Document::parse(&written), document, "{piece:?}");
        assert_eq!(Document::of_own(&written).to_html(), document.to_html());
    }
    let braces = Document::parse(&"{".repeat(3000)).to_html();
    assert_eq!(
        braces.replace('\n', ""),
        format!("<p>{}</p>", "{".repeat(3000))
    );
    let code = Document::parse(&"`a`x".repeat(4000)).to_html();
    assert_eq!(code.matches("<code>").count(), 2000);
    for (piece, times) in [("{ ", 2000), ("¹*t[f](h:🈐 ", 300)] {
        let document = Document::parse(&format!("# d {}", piece.repeat(times)));
        let html = document.to_html();
        assert!(html.starts_with("<p>"), "{piece:?}");
        assert_eq!(Document::of_own(&document.to_markdown()).to_html(), html);
    }
}

#[test]
fn a_whole_draft_is_read_without_its_mark() {
    let own = "_Intro_\n\n<!--more-->\n\nStory  \nof two lines\n\n**Label:** text\n";
    assert_eq!(
        Document::of_own(own).to_html(),
        "<p><em>Intro</em></p>\n<p>Story<br>\nof two lines</p>\n\
         <p><strong>Label:</strong> text</p>"
    );
    // The mark parts what would be one list without it.
    let lists = "* a\n\n<!--more-->\n\n* b";
    assert_eq!(
        Document::of_own(lists).to_html(),
        "<ul>\n<li>a</li>\n</ul>\n<ul>\n<li>b</li>\n</ul>"
    );
    let typed = "a\n<!-- more -->\n\n<!-- more --> b";
    assert!(Document::of_own(typed).to_html().matches("more").count() == 2);
    let many = "text\n\n* a\n\n".repeat(900);
    assert_eq!(
        Document::of_own(&many).to_html().matches("<ul>").count(),
        900
    );
}

#[test]
fn plain_text_is_shown_line_by_line() {
    for (text, expected) in [
        ("AT&T, *R&D*", "AT&T, \\*R&D\\*"),
        ("a\r\nb\n \n\n c\td ", "a  \nb\n\nc d"),
        (
            "# a\n- b\n---\n1. c\n> d",
            "\\# a  \n\\- b  \n\\---  \n1\\. c  \n&gt; d",
        ),
        ("[a]\n: b", "\\[a\\]  \n\\: b"),
        ("{{ x }}\n<b>", "&#123;&#123; x }}  \n&lt;b&gt;"),
        (" \n\u{feff}", ""),
    ] {
        let written = escape_text(text);
        assert_eq!(written, expected);
        assert_eq!(Document::of_own(&written).to_html(), text_to_html(text));
    }
    for line in [
        "Ordinary: \"text\" – it's [sic]",
        "a_b `c` ^",
        "https://a.b/c_d",
    ] {
        assert_eq!(escape_text(line), escape_line(line));
    }
}

#[test]
fn the_words_of_a_picture_are_plain_to_every_engine() {
    for (typed, written) in [
        (
            "R&D at A & B: 50% – why not?!",
            "R&D at A & B: 50% – why not?!",
        ),
        ("\"No\", it's -- they said...", "“No”, it’s – they said…"),
        ("&amp; &#38; [x] *y* \\", "＆amp; ＆#38; ［x］ ＊y＊ ＼"),
        (
            "one * and a_b, _c_ at 12:30, :smile:",
            "one * and a_b, ＿c＿ at 12:30, ：smile:",
        ),
        (
            "[\"so\"] `code` {{ x }} <b> a|b ^",
            "［“so”］ ‘code’ ｛｛ x ｝｝ ＜b＞ a｜b ＾",
        ),
        ("a\nb\tc", "a b c"),
    ] {
        assert_eq!(picture_words(typed), written);
    }
}
