"""Text by which a patch, a tag or a person outside could try to reach somebody: as a strategy, and as one sentence."""

from __future__ import annotations

from hypothesis import strategies as st

ATOMS = [
    "@octocat", "@org/team", "@", "#1", "#", "12", "o/r#2", "GH-3", "gh-", "fixes ", "Closes: ", "resolved ",
    "https://github.com/o/r/issues/4", "http://www.github.com/o/r/pull/5", "www.github.com/o/r/pull/6",
    "https://github.com/o/r/commit/deadbee1", "https://ghe.example.org/o/r/issues/7", "https://", "ftp://x.org/#1",
    "o/r@deadbee1", "deadbee1234", "0123456789abcdef0123456789abcdef01234567", "a@b.example", "mailto:a@b.example",
    "xmpp:a@b.example/c", "<!--", "-->", "<!-- syncbot:marker -->", "<", ">", "<a href='https://x.org'>", "</details>",
    "</summary>", "<img src=x>", "<script>", "</code>", "</pre>", "`", "``", "```", "~~~", "\\", "|", "\\|", "[", "](",
    ")", "[x](https://x.org)", "![i](//x.org)", "[^1]", "[^1]: ", "*", "**", "_", "~", "$", "&#64;", "&commat;",
    "&num;1", "&lt;", "&", "\n", "\r\n", "\r", "\n\n", "\t", "    ", " ", "- ", "1. ", "1) ", "> ", "===", "---", "+++",
    "- [x] ", "[skip ci]", "***NO_CI***", "Co-authored-by: Eve <eve@x.org>", "\n/approve\n", "\u202e", "\u2066",
    "\u200b", "\u00a0", "\u2028", "\x00", "\x1b[31m", "\x7f", "\udce9", "\ufeff", "é", "漢", "a", "x", ":", "://", "/",
    ".", "0",
]  # fmt: skip

TEXTS = st.lists(st.sampled_from(ATOMS) | st.text(max_size=3), max_size=12).map("".join)
WORST = "".join(ATOMS)
