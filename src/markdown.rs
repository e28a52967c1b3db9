pub struct Document(String);
impl Document {
    pub fn parse(source: &str) -> Document {
        Document(source.to_owned())
    }
    pub fn to_markdown(&self) -> String {
        self.0.clone()
    }
    pub fn to_html(&self) -> String {
        format!("<p>{}</p>", self.0)
    }
    pub fn visible_text(&self) -> String {
        self.0.clone()
    }
}
pub fn escape_line(text: &str) -> String {
    text.to_owned()
}
pub fn line_to_html(text: &str) -> String {
    text.to_owned()
}
