/** What the public list of naughty strings lacks: text made for a page like this one. */
const TAGS = ['b', 'svg', 'img', 'iframe', 'math', 'details', 'template', 'style', 'base', 'form'];
const ESCAPES = [
  '\u001b[31mred\u001b[0m',
  '\u001b]8;;http://evil.test\u0007link',
  '\r\nSet-Cookie: a=b',
  '\u0007',
];
const BIDI = [
  '\u202e\u2066gnp.exe',
  '\u2067abc\u2069',
  'раypal.example.com',
  'a\u200bb\u200cc\ufeffd',
];
const URLS = [
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '#/service/%3Cimg%20src=x%20onerror=alert(1)%3E',
  '//evil.test/x.js',
];

export const HOSTILE: readonly string[] = [
  ...TAGS.flatMap((tag) => [
    `<${tag} onload=alert(1) onerror=alert(1) src=x>`,
    `"><${tag} onclick=alert(1) autofocus onfocus=alert(1)>`,
    `</li></ul></main><${tag}>\`rm -rf /\``,
    `&lt;${tag}&gt;&#60;script&#62;alert(1)&#60;/script&#62;`,
  ]),
  ...ESCAPES,
  ...BIDI,
  ...URLS,
  '`quorate drain app` and `<b>x</b>`',
  '{{constructor.constructor("alert(1)")()}}',
  '$'.concat('{alert(1)}'),
  '__proto__',
  '{"__proto__":{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=alert(1)>"}}}',
  '\u2028alert(1)\u2029',
  'x'.repeat(256),
];
