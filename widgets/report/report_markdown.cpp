#include "widgets/report/report_markdown.h"

#include <QUrl>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

namespace assay::widgets {

namespace {

constexpr qsizetype kMostMarkdownBytes = 1 << 20;

struct FreeNode
{
    void operator()(cmark_node* node) const { cmark_node_free(node); }
};
using Document = std::unique_ptr<cmark_node, FreeNode>;

/// A parsed text and the extensions its renderers need, which its parser owns.
struct Parsed
{
    std::unique_ptr<cmark_parser, decltype(&cmark_parser_free)> parser{nullptr, cmark_parser_free};
    Document document;
};

QString taken(char* text)
{
    const QString result = QString::fromUtf8(text);
    std::free(text);
    return result;
}

QByteArray bounded(const QString& markdown)
{
    QByteArray bytes = markdown.toUtf8();
    // No form shows them, and LaTeX stops at them.
    for (char& c : bytes) {
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            c = ' ';
    }
    if (bytes.size() > kMostMarkdownBytes) {
        bytes.truncate(kMostMarkdownBytes);
        bytes += "\n\n(The rest of this text, which is longer than 1 MiB, is left out.)\n";
    }
    return bytes;
}

bool isSafeLink(const char* url)
{
    const QString text = QString::fromUtf8(url ? url : "").trimmed();
    if (text.startsWith(QLatin1Char('#')))
        return true;
    const QString scheme = QUrl(text).scheme().toLower();
    return scheme == QLatin1String("http") || scheme == QLatin1String("https") ||
           scheme == QLatin1String("mailto");
}

void moveChildrenBefore(cmark_node* node)
{
    while (cmark_node* child = cmark_node_first_child(node))
        cmark_node_insert_before(node, child);
}

/// Takes @p node out and puts a node of @p type with its literal in its place.
void replaceLiteral(cmark_node* node, cmark_node_type type)
{
    cmark_node* text = cmark_node_new(type);
    cmark_node_set_literal(text, cmark_node_get_literal(node));
    if (!cmark_node_replace(node, text))
        cmark_node_free(text);
    else
        cmark_node_free(node);
}

void tame(cmark_node* node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_HTML_BLOCK:
        return replaceLiteral(node, CMARK_NODE_CODE_BLOCK);
    case CMARK_NODE_HTML_INLINE:
        return replaceLiteral(node, CMARK_NODE_TEXT);
    case CMARK_NODE_LINK:
        if (!isSafeLink(cmark_node_get_url(node))) {
            moveChildrenBefore(node);
            cmark_node_unlink(node);
            cmark_node_free(node);
        }
        return;
    case CMARK_NODE_IMAGE: {
        cmark_node* link = isSafeLink(cmark_node_get_url(node)) ? cmark_node_new(CMARK_NODE_LINK) : nullptr;
        if (link) {
            cmark_node_set_url(link, cmark_node_get_url(node));
            cmark_node_insert_before(node, link);
            while (cmark_node* child = cmark_node_first_child(node))
                cmark_node_append_child(link, child);
        } else {
            moveChildrenBefore(node);
        }
        cmark_node_unlink(node);
        cmark_node_free(node);
        return;
    }
    default:
        return;
    }
}

template <class F>
void forEachNode(cmark_node* root, F use)
{
    // Collected first: what is done to a node may take it out of the tree.
    std::vector<cmark_node*> nodes;
    cmark_iter* walk = cmark_iter_new(root);
    while (cmark_iter_next(walk) != CMARK_EVENT_DONE) {
        if (cmark_iter_get_event_type(walk) == CMARK_EVENT_EXIT ||
            cmark_node_first_child(cmark_iter_get_node(walk)) == nullptr)
            nodes.push_back(cmark_iter_get_node(walk));
    }
    cmark_iter_free(walk);
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    for (cmark_node* node : nodes)
        use(node);
}

Parsed parse(const QString& markdown)
{
    cmark_gfm_core_extensions_ensure_registered();
    Parsed parsed;
    parsed.parser.reset(cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8));
    for (const char* name : {"table", "strikethrough"}) {
        if (cmark_syntax_extension* extension = cmark_find_syntax_extension(name))
            cmark_parser_attach_syntax_extension(parsed.parser.get(), extension);
    }
    const QByteArray bytes = bounded(markdown);
    cmark_parser_feed(parsed.parser.get(), bytes.constData(), std::size_t(bytes.size()));
    parsed.document.reset(cmark_parser_finish(parsed.parser.get()));
    forEachNode(parsed.document.get(), tame);
    return parsed;
}

/// Code blocks go into LaTeX as they are: what would end the environment is broken up.
void keepVerbatim(cmark_node* node)
{
    if (cmark_node_get_type(node) != CMARK_NODE_CODE_BLOCK)
        return;
    QByteArray literal(cmark_node_get_literal(node));
    literal.replace("\\end{", "\\end {");
    cmark_node_set_literal(node, literal.constData());
}

QString verbatimCharacters(const QString& text)
{
    QString result;
    for (const char32_t c : text.toUcs4())
        result += QStringLiteral("<U+%1>").arg(uint(c), 4, 16, QLatin1Char('0')).toUpper();
    return result;
}

/// What the renderer passes on as it is: characters outside ASCII.
QString withLatexCharacters(const QString& rendered)
{
    QString result;
    bool verbatim = false;
    for (qsizetype i = 0; i < rendered.size();) {
        const bool plain = rendered[i].unicode() < 128;
        qsizetype end = i;
        while (end < rendered.size() && (rendered[end].unicode() < 128) == plain &&
               !(plain && end > i && rendered[end] == QLatin1Char('\\')))
            ++end;
        const QString part = rendered.mid(i, end - i);
        if (plain && part.startsWith(QLatin1String("\\begin{verbatim}")))
            verbatim = true;
        else if (plain && part.startsWith(QLatin1String("\\end{verbatim}")))
            verbatim = false;
        result += plain ? part : verbatim ? verbatimCharacters(part) : latexText(part);
        i = end;
    }
    return result;
}

} // namespace

QString markdownHtml(const QString& markdown)
{
    const Parsed parsed = parse(markdown);
    forEachNode(parsed.document.get(), [](cmark_node* node) {
        if (cmark_node_get_type(node) == CMARK_NODE_HEADING)
            cmark_node_set_heading_level(node, std::min(cmark_node_get_heading_level(node) + 1, 6));
    });
    return taken(cmark_render_html(parsed.document.get(), CMARK_OPT_DEFAULT,
                                   cmark_parser_get_syntax_extensions(parsed.parser.get())));
}

QString markdownInlineHtml(const QString& markdown)
{
    QString html = markdownHtml(markdown).trimmed();
    const bool single = html.startsWith(QLatin1String("<p>")) && html.endsWith(QLatin1String("</p>")) &&
                        html.count(QLatin1String("<p>")) == 1;
    return single ? html.mid(3, html.size() - 7) : html;
}

QString markdownLatex(const QString& markdown)
{
    const Parsed parsed = parse(markdown);
    forEachNode(parsed.document.get(), keepVerbatim);
    QString latex = taken(cmark_render_latex(parsed.document.get(), CMARK_OPT_DEFAULT, 0));
    // The renderer takes an order of the picture environment for a length.
    latex.replace(QLatin1String("\\rule{0.5\\linewidth}{\\linethickness}"),
                  QLatin1String("\\rule{0.5\\linewidth}{0.4pt}"));
    return withLatexCharacters(latex);
}

QString markdownPlain(const QString& markdown)
{
    const Parsed parsed = parse(markdown);
    return taken(cmark_render_plaintext(parsed.document.get(), CMARK_OPT_DEFAULT, 0)).simplified();
}

QString markdownEscaped(const QString& text)
{
    // Everywhere, and at the start of a text, where lists, headings and lines begin: people edit what comes
    // out.
    static const QString special = QStringLiteral("\\`*_[]#|<>~&"), first = QStringLiteral("+-=");
    QString result;
    bool start = true, number = false;
    for (const QChar c : text) {
        const bool item = number && (c == QLatin1Char('.') || c == QLatin1Char(')'));
        number = (start || number) && c.isDigit();
        if (special.contains(c) || (start && first.contains(c)) || item)
            result += QLatin1Char('\\');
        result += c.unicode() < 0x20 || c.unicode() == 0x7f ? QLatin1Char(' ') : c;
        start = start && c.isSpace();
    }
    return result;
}

} // namespace assay::widgets
