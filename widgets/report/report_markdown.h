#pragma once

#include <QString>

namespace assay::widgets {

// Notes and captions are Markdown: CommonMark with tables and strikethrough. At most 1 MiB is read; the rest
// is left out, and a sentence at the end says so.

/// As HTML that is safe to show: raw HTML in it is shown as text, links other than http, https, mailto and
/// #anchors lose their target, and pictures, which would be fetched, become links. A heading of level 1 is an
/// h2: the title of the page stands above it.
QString markdownHtml(const QString& markdown);
/// The same without the paragraph around it when there is only one: captions.
QString markdownInlineHtml(const QString& markdown);

/// As LaTeX, level 1 a section: special characters escaped, raw HTML shown as text, nothing that could give
/// LaTeX an order.
QString markdownLatex(const QString& markdown);
/// Plain text as LaTeX: # $ % & ~ _ ^ \ { } escaped, Greek letters and signs of mathematics as such,
/// characters that LaTeX's fonts lack as their code in brackets.
QString latexText(const QString& text);

/// Without markup, in one line: for titles, tool tips and alternative texts.
QString markdownPlain(const QString& markdown);
/// @p text so that Markdown shows it as it is.
QString markdownEscaped(const QString& text);

} // namespace assay::widgets
