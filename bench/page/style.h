/* style - style.css as a text. The build makes it. */
#ifndef BENCH_STYLE_H
#define BENCH_STYLE_H

extern const char page_style[];

#endif
