#include "print_content.h"

namespace assay::test {

using namespace widgets;
using protocol::AxisScale;
using protocol::Layer;
using protocol::LayerKind;

namespace {

std::shared_ptr<protocol::Figure> lineFigure(const QString& axis)
{
    auto figure = std::make_shared<protocol::Figure>();
    figure->name = "curve";
    figure->title = hostileName().toStdString();
    figure->x.label = axis.toStdString();
    figure->y.label = "accuracy_ε";
    figure->y.unit = "%";
    Layer layer{.kind = LayerKind::Line, .name = hostileName().toStdString(), .role = "model:a"};
    layer.x = {0, 1, 2};
    layer.y = {0.25, 0.5, 0.125};
    layer.low = {0.2, 0.4, 0.1};
    layer.high = {0.3, 0.6, 0.2};
    figure->layers.push_back(layer);
    return figure;
}

Evidence evidenceOf(const std::string& figure)
{
    return {Json{{"run", "run_1"}, {"figure", figure}, {"spec", {{"study", "a.b"}}}}};
}

ContentItem labelled(ContentItem::Kind kind, const char* word, int number)
{
    ContentItem item;
    item.kind = kind;
    item.label = QStringLiteral("%1 %2").arg(QLatin1String(word)).arg(number);
    item.anchor = item.label.toLower().replace(QLatin1Char(' '), QLatin1Char('-'));
    item.caption = QStringLiteral("Caption-%1 with **bold** & `code_1`.").arg(item.anchor);
    item.runs = QStringList{QStringLiteral("run_1")};
    return item;
}

} // namespace

QString hostileName()
{
    return QStringLiteral(
        "a_b #1 $x^2$ 50% & \\end{document} {~} \"q\" 'r' `s` --set <T> [u] *v* ,, ?` ε→Δ ≤ é ő ß ²"
        " 🙂 中文");
}

ContentItem paperText(const QString& markdown)
{
    ContentItem item;
    item.text = markdown;
    return item;
}

ContentItem paperFigure(int number, int panels)
{
    ContentItem item = labelled(ContentItem::Kind::Figure, "Figure", number);
    for (int k = 0; k < panels; ++k)
        item.panels << ContentPanel{panels > 1 ? QString(QChar(char16_t(u'a' + k))) : QString(),
                                    lineFigure(QStringLiteral("axis-%1-%2").arg(number).arg(k)),
                                    evidenceOf("curve")};
    item.columns = panels > 1 ? 2 : 1;
    return item;
}

ContentItem paperKinds(int number)
{
    ContentItem item = paperFigure(number);
    auto figure = std::make_shared<protocol::Figure>(*item.panels.first().figure);
    figure->x.scale = AxisScale::Category;
    figure->x.categories = {"a_1", "50 %", hostileName().toStdString()};
    const auto add = [&](LayerKind kind, const std::string& name, const std::string& stack) {
        Layer layer = figure->layers.front();
        layer.kind = kind;
        layer.name = name;
        layer.stack = stack;
        figure->layers.push_back(layer);
    };
    add(LayerKind::Bars, "same_1", "s");
    add(LayerKind::Bars, "other", "s");
    add(LayerKind::Bars, "alone", "");
    add(LayerKind::Points, "points", "");
    add(LayerKind::Band, "band", "");
    figure->layers.push_back({.kind = LayerKind::Marks, .name = "chance", .y = {0.1}, .labels = {"chance"}});
    figure->layers[4].y[1] = std::numeric_limits<double>::quiet_NaN();
    item.panels.first().figure = figure;
    return item;
}

ContentItem paperTableItem(int number, int rows, int most, int valueColumns)
{
    ContentItem item = labelled(ContentItem::Kind::Table, "Table", number);
    auto table = std::make_shared<protocol::Table>();
    table->name = "table";
    protocol::Column names{.name = "name", .label = "Headword"};
    for (int r = 0; r < rows; ++r)
        names.texts.push_back(QStringLiteral("row-%1-%2.").arg(number).arg(r).toStdString());
    table->columns.push_back(names);
    for (int c = 1; c <= valueColumns; ++c) {
        protocol::Column values{.name = "v", .label = "value " + std::to_string(c), .digits = 3};
        for (int r = 0; r < rows; ++r)
            values.numbers.push_back(r * 0.5 - c);
        table->columns.push_back(values);
    }
    item.table = table;
    item.most = most;
    return item;
}

ContentItem paperGallery(int number, int images, int most)
{
    ContentItem item = labelled(ContentItem::Kind::Gallery, "Figure", number);
    auto grid = std::make_shared<protocol::ImageGrid>();
    grid->name = "images";
    grid->variants = {"clean", "adversarial_ε"};
    grid->width = 8;
    grid->height = 6;
    for (int i = 0; i < images; ++i)
        grid->ids.push_back(100 + i);
    grid->pixels.resize(grid->pixelBytes());
    for (std::size_t i = 0; i < grid->pixels.size(); ++i)
        grid->pixels[i] = std::uint8_t(7 * i);
    grid->attributes = {
        {.name = "label", .title = "Label", .values = {"Coat & 100%", hostileName().toStdString()}}};
    for (int i = 0; i < images; ++i)
        grid->attributes.front().codes.push_back(i % 3 - 1);
    item.grid = grid;
    item.most = most;
    return item;
}

ContentItem paperProblem(const QString& sentence)
{
    ContentItem item;
    item.kind = ContentItem::Kind::Problem;
    item.text = sentence;
    return item;
}

RunTrace paperTrace()
{
    RunTrace trace;
    trace.run = QStringLiteral("20261123-run_1#%1").arg(hostileName());
    trace.label = QStringLiteral("Run 1");
    trace.spec.study = "transfer.class-aware";
    trace.spec.title = hostileName().toStdString();
    trace.spec.params = {{"eps_list", {0.1, 0.2}}, {"note", hostileName().toStdString()}, {"empty", ""}};
    trace.spec.seed = 7;
    trace.provenance = {{"assay", "0.1.0"},
                        {"commit", "abc123-dirty"},
                        {"device", "cpu"},
                        {"libraries", {{"libtorch", "1.13.0"}}},
                        {"inputs", {{"datasets", {{"fashion_mnist", std::string(64, 'f')}}}}}};
    trace.seconds = 12.5;
    trace.state = QStringLiteral("finished");
    trace.command = QStringLiteral("assay-cli run transfer.class-aware --set 'note=a --b $x' --set seed=7");
    trace.usedIn = QStringList{QStringLiteral("Figure 1"), QStringLiteral("Table 1")};
    return trace;
}

ReportContent hostileContent()
{
    ReportContent content;
    content.title = hostileName();
    content.author = QStringLiteral("O'Neil & Søn_1");
    content.made = QDateTime(QDate(2026, 5, 3), QTime(12, 0));
    content.items << paperText(
        QStringLiteral("# Heading with ε & 100%\n\nText with *emphasis*, ~~strike~~, `code_1 \\x`, "
                       "<script>alert(1)</script> and "
                       "[a link](https://example.org/a_b?c=1%20&d#e), see [it](#figure-1).\n\n- one\n- two & "
                       "中\n\n1. first\n2. second\n\n"
                       "| a_1 | b |\n|---|---|\n| x & y | 50% |\n| z | ε |\n\n```\n\\end{verbatim} {code} "
                       "ε\n```\n\n> quote\n\n---\n"));
    content.items << paperFigure(1) << paperFigure(2, 4) << paperKinds(3) << paperGallery(4, 30, 12)
                  << paperTableItem(1, 5, 60) << paperTableItem(2, 90, 80)
                  << paperProblem(QStringLiteral("Run %1 is gone.").arg(hostileName()));
    content.notices << QStringLiteral("/a_b/events.cbor: the end of the file is torn.");
    content.runs << paperTrace();
    return content;
}

ReportContent emptyContent()
{
    ReportContent content;
    ContentItem figure = paperFigure(1);
    auto nothing = std::make_shared<protocol::Figure>();
    nothing->aspect = 0;
    figure.panels.first().figure = nothing;
    figure.caption.clear();
    auto noColumns = std::make_shared<protocol::Table>();
    ContentItem bare = paperTableItem(1, 1, 1);
    bare.table = noColumns;
    ContentItem crammed = paperTableItem(2, 2, 2);
    auto table = std::make_shared<protocol::Table>(*crammed.table);
    table->columns[0].texts[0] = std::string(200000, 'x');
    crammed.table = table;
    content.items << paperText({}) << figure << paperGallery(2, 0, 12) << bare << crammed
                  << paperTableItem(3, 0, 60) << paperProblem({});
    return content;
}

void noReportProgress(int, int, const QString&) {}

} // namespace assay::test
