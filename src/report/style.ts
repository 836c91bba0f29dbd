/** The look of every report: system fonts, light and dark, and a print form that needs no background colours. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2024;--soft:#60646c;--line:#d9d9e0;--page:#fcfcfd;--panel:#fff;--good:#218358;--warn:#ab6400;--bad:#ce2c31;
--s0:#0d74ce;--s1:#cc4e00;--s2:#218358;--s3:#8145b5;--s4:#60646c;--s5:#c2298a}
@media (prefers-color-scheme:dark){:root{--ink:#edeef0;--soft:#b0b4ba;--line:#363a3f;--page:#111113;--panel:#18191b;--good:#3dd68c;--warn:#ffca16;--bad:#ff9592;
--s0:#70b8ff;--s1:#ffa057;--s2:#3dd68c;--s3:#d19dff;--s4:#b0b4ba;--s5:#ff8dcc}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.25rem 0 .6rem;padding-top:.9rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.5rem 0;max-width:44rem}
.soft,figcaption,.card small{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.6rem,1fr));gap:.75rem;margin:1rem 0}
.card{background:var(--panel);border:1px solid var(--line);border-left:4px solid var(--line);border-radius:6px;padding:.6rem .8rem}
.card b{display:block;font-size:1.5rem;line-height:1.25;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.card span{font-size:.85rem;color:var(--soft)}.card small{display:block;font-size:.8rem;line-height:1.35}
.good{border-left-color:var(--good)}.warn{border-left-color:var(--warn)}.bad{border-left-color:var(--bad)}
.verdict{background:var(--panel);border:1px solid var(--line);border-left:6px solid var(--line);border-radius:6px;padding:.9rem 1.1rem;margin:1.2rem 0}
.verdict.good{border-left-color:var(--good)}.verdict.warn{border-left-color:var(--warn)}.verdict.bad{border-left-color:var(--bad)}
.verdict b{font-size:1.25rem}.verdict p{margin:.25rem 0 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td .whole{white-space:nowrap}
td.number,th.number{text-align:right;padding-right:.9rem;white-space:nowrap}
li,p{overflow-wrap:anywhere}
figure{margin:0}
figure img{display:block;max-width:100%;height:auto;border-radius:4px;image-rendering:auto}
figcaption{font-size:.85rem;margin-top:.25rem}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(var(--tile,9rem),1fr));gap:.9rem;margin:1rem 0}
.gallery img{width:100%}
.chart{margin:1rem 0}
.chart svg{display:block;width:100%;height:auto;overflow:visible}
.chart text{fill:var(--soft);font:12px system-ui,sans-serif}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart .mark{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4}
.chart .band{fill:var(--soft);opacity:.13}
.chart .dot{stroke:var(--page);stroke-width:1}
@media (max-width:40rem){.chart.wide text{font-size:24px}}
.chart .series{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.chart .again{stroke-dasharray:8 4}
.pairs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:0 2rem}
.previews label{display:block;font-weight:600;font-variant-numeric:tabular-nums}.previews input{width:100%;height:2rem;margin:.1rem 0 .5rem;accent-color:var(--s0)}
.previews img{width:100%;min-width:34rem;max-width:none}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;font-size:.85rem;color:var(--soft)}
.key i{display:inline-block;width:1.4rem;height:0;border-top:3px solid;vertical-align:middle;margin-right:.4rem}
.key i.again{border-top-style:dashed}.key i.dashed{border-top:2px dashed var(--soft)}.key i.area{height:.8rem;border:0;background:var(--soft);opacity:.3}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
footer{margin-top:3rem;padding-top:.9rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--soft)}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--panel:#fff;--good:#1a6b48;--warn:#8a5200;--bad:#b01f24;
--s0:#0b5fa9;--s1:#b04300;--s2:#1a6b48;--s3:#6b3799;--s4:#555;--s5:#a01f72}
@page{margin:16mm}body{font-size:10.5pt}main{max-width:none;padding:0}h2,h3{break-after:avoid}
figure,tr,.card,.verdict,.chart,.scroll:not(:has(tr:nth-child(8))){break-inside:avoid}.scroll{overflow:visible}
.gallery{grid-template-columns:repeat(auto-fill,minmax(calc(.78*var(--tile,9rem)),1fr))}}
`
