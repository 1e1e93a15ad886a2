//! Hostile documents render inert.

use kb_publish::render::Options;

use crate::render_html::{check, render, tags};

/// Each must come out without script, handler, dangerous URL, or anything off the allow-list.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "a <script>b</script > c",
    "<img src=x onerror=alert(1)>",
    "<img src=x OnErRoR=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=\"x\"onerror=\"alert(1)\">",
    "<img src=`x`onerror=alert(1)>",
    "<b onclick=alert(1)>x</b>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\"java&#x09;script:alert(1)\">x</a>",
    "<a href=\"java&Tab;script:alert(1)\">x</a>",
    "<a href=\"java\nscript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"&#0000106;avascript&colon;alert(1)\">x</a>",
    "<a href=\" &#14; javascript:alert(1)\">x</a>",
    "<a href=\"\u{1}javascript:alert(1)\">x</a>",
    "<a href=\"vbscript:x\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "[x](javascript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](javascript&colon;alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x]\n\n[x]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](data:text/html,x)",
    "![\" onerror=\"alert(1)](x)",
    "[x](y \"\\\" onclick=\\\"alert(1)\")",
    "[x](\"onclick=alert(1)//)",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><foreignObject><iframe src=javascript:x></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<math><annotation-xml encoding=\"text/html\"><script>alert(1)</script></annotation-xml></math>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<style><img src=\"</style><img src=x onerror=alert(1)>\">",
    "<textarea><img src=\"</textarea><img src=x onerror=alert(1)>\">",
    "<title><a title=\"</title><img src=x onerror=alert(1)>\">",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<embed src=javascript:alert(1)>",
    "<object data=\"data:text/html,<script>alert(1)</script>\"></object>",
    "<video src=x onerror=alert(1)></video>",
    "<video><source src=javascript:alert(1)></video>",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<input onfocus=alert(1) autofocus>",
    "<details ontoggle=alert(1) open>x</details>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<link rel=stylesheet href=javascript:alert(1)>",
    "<base href=javascript:alert(1)//>",
    "<div style=\"background:url(javascript:alert(1))\">x</div>",
    "<div style=\"width:expression(alert(1))\">x</div>",
    "<div style=\"width:e/**/xpression(alert(1))\">x</div>",
    "<div style=\"background:\\75rl(x)\">x</div>",
    "<div style=\"position:fixed;top:0;left:0;width:100%;height:100%\">x</div>",
    "<div style=\"color:red;}body{display:none\">x</div>",
    "<p style=\"behavior:url(x.htc)\">x</p>",
    "<table background=\"javascript:alert(1)\"><tr><td background=\"javascript:alert(1)\">x</table>",
    "<a href=\"//x.example\" target=_blank onmouseover=alert(1)>x</a>",
    "<div class=\"ng-init:constructor.constructor('alert(1)')()\">x</div>",
    "{{constructor.constructor('alert(1)')()}}",
    "`{{7*7}}` and ${7*7}",
    "```js\n`${alert(1)}` {{x}}\n```",
    "{<b></b>{7*7}}",
    "{\\{7*7}}",
    "&#123;&#123;7*7}}",
    "# {{7*7}}\n\n[a](#{{7*7}} \"{{7*7}}\")",
    "<b id=\"{{7*7}}\" title=\"{{7*7}} ${x}\">x</b>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[><script>alert(1)</script>]]>",
    "<?xml version=\"1.0\"?><script>alert(1)</script>",
    "<a href=x><a href=javascript:alert(1)>y</a></a>",
    "<p><div><p><table><a href=x><td>y",
    "</div></body></html><script>alert(1)</script>",
    "\u{0}<img src=x onerror=alert(1)>",
    "<img src=\"x\" alt=\"--><script>alert(1)</script>\">",
    "```\"><script>alert(1)</script>\nx\n```",
    "``` x\" onclick=\"alert(1)\ny\n```",
    "# <img src=x onerror=alert(1)>",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "|<script>alert(1)</script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "!!! note \"<img src=x onerror=alert(1)>\"\n    x",
    ":::note[<script>alert(1)</script>]\nx\n:::",
    "=== \"<script>alert(1)</script>\"\n    x",
    ":::image source=\"javascript:alert(1)\" alt-text=\"x\":::",
    "www.x.example/\"onmouseover=\"alert(1)",
    "https://x.example/'><script>alert(1)</script>",
];

#[test]
fn hostile_documents_render_inert() {
    for text in HOSTILE {
        let html =
            render(text, &Options { highlight: Some("github-light".to_owned()), ..Options::default() });
        assert_eq!(check(&html), Ok(()), "{text}\n{html}");
        for (name, attributes) in tags(&html).expect("checked") {
            assert!(!attributes.iter().any(|(name, _)| name.starts_with("on")), "{text}\n{html}");
            let urls = attributes.iter().filter(|(name, _)| name == "href" || name == "src");
            for (_, url) in urls {
                let url = url.to_ascii_lowercase();
                assert!(!url.contains("script:") && !url.starts_with("data:text"), "{name}: {text}\n{html}");
            }
        }
    }
}
