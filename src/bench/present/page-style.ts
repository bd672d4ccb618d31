/** Style of the page. */
import { chartCss, type ColourName, FONT, PALETTES, type ThemeName } from "./theme.ts";

/** Maximum width of the column of text and pictures, in px. */
export const COLUMN = 860;

function properties(theme: ThemeName): string {
  return Object.entries(PALETTES[theme])
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");
}

const colour = (name: ColourName): string => `var(--${name})`;

/** Print is always light; forced colours of the reader take precedence. */
const COLOURS = `
:root{color-scheme:light dark;${properties("light")}}
@media screen and (prefers-color-scheme:dark){:root{${properties("dark")}}}
@media (forced-colors:active){:root{--page:Canvas;--ink:CanvasText;--muted:CanvasText;--rule:GrayText;--grid:GrayText;--ours:Highlight;--other:CanvasText}}`;

const TEXT = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;padding:0 24px 72px;background:var(--page);color:var(--ink);font:16px/1.6 ${FONT};overflow-wrap:anywhere}
header,nav,main{max-width:${COLUMN}px;margin:0 auto}
header{padding-top:56px}
h1{font-size:32px;line-height:1.2;letter-spacing:-.01em;margin:0 0 20px;text-wrap:balance}
h2{font-size:23px;line-height:1.3;margin:0 0 16px;text-wrap:balance}
p{max-width:68ch;margin:0 0 14px}
header p{font-size:18px;line-height:1.55}
a{color:var(--ours);text-underline-offset:3px}
:focus-visible{outline:2px solid var(--ours);outline-offset:3px}
.skip{position:absolute;left:-999px;top:8px;padding:8px 12px;background:var(--page)}
.skip:focus{left:16px}
nav ul{display:flex;flex-wrap:wrap;gap:4px 24px;list-style:none;margin:24px 0 0;padding:12px 0;border:solid var(--rule);border-width:1px 0}
nav a{display:inline-block;padding:4px 0}
main:focus{outline:none}
section{margin-top:64px}`;

const FIGURES = `
figure{margin:36px 0 48px}
figure svg{display:block;width:100%;height:auto}
.narrow{display:none}
.table{margin:36px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;min-width:100%;font-size:14px;line-height:1.45;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0 0 10px}
caption span{display:inline-block;position:sticky;left:0;max-width:min(${COLUMN}px,calc(100vw - 48px));font-size:16px;font-weight:600}
.facts caption{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
th,td{padding:8px 16px 8px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
th:last-child,td:last-child{padding-right:0}
thead th,thead td{font-weight:600;color:var(--muted);vertical-align:bottom;border-color:var(--rule)}
tbody th{font-weight:400;min-width:8em;max-width:18em;position:sticky;left:0;background:var(--page)}
thead tr>:first-child{position:sticky;left:0;background:var(--page)}
td{min-width:5em}
.right{text-align:right;overflow-wrap:normal}
td.right{white-space:nowrap}
.notes{margin:12px 0 0;padding:0;list-style:none;color:var(--muted);font-size:14px;max-width:80ch}
.notes li+li{margin-top:4px}`;

const MEDIA = `
@media screen and (max-width:819px){
.wide{display:none}
.narrow{display:block;max-width:440px}
}
@media (max-width:600px){
body{padding:0 16px 48px}
header{padding-top:32px}
h1{font-size:26px}
header p{font-size:17px}
section{margin-top:48px}
caption span{max-width:calc(100vw - 32px)}
tbody th{max-width:40vw}
}
@media print{
@page{margin:18mm}
body{padding:0;font-size:10.5pt}
header{padding-top:0}
nav,.skip{display:none}
.scroll{overflow:visible}
table{font-size:8.5pt}
td.right{white-space:normal}
tbody th,thead tr>:first-child,caption span{position:static}
figure,tr,caption{break-inside:avoid}
h2,caption{break-after:avoid}
}`;

/** All CSS of a page; colours follow the reader's preference of light or dark. */
export function pageCss(): string {
  return [COLOURS, TEXT, FIGURES, chartCss(colour), MEDIA].join("\n").trim();
}
