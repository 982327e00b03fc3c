#include "widgets/report/comparison/compare_results.h"

#include "widgets/engine/run_record.h"
#include "widgets/figures/figure_ranges.h"
#include "widgets/selection/selection.h"
#include "widgets/studies/figure_card.h"
#include "widgets/studies/page_layout.h"
#include "widgets/studies/table_card.h"
#include "widgets/studies/text_kit.h"

#include <QScrollBar>
#include <QTimer>
#include <QToolButton>

#include <algorithm>
#include <optional>

namespace assay::widgets {

namespace {

constexpr int kTwoOverlaysInEm = 56;

using protocol::Axis;
using Figures = QVector<std::shared_ptr<protocol::Figure>>;

/// Gives an axis the same limits in all figures; not where it is another axis in one of them.
void alignAxis(const Figures& figures, const QVector<FigureRanges>& ranges, Axis protocol::Figure::*axis,
               Range FigureRanges::*range)
{
    const Axis* first = nullptr;
    std::optional<Range> all;
    for (qsizetype k = 0; k < figures.size(); ++k) {
        if (!figures[k])
            continue;
        const Axis& its = (*figures[k]).*axis;
        first = first ? first : &its;
        if (its.scale == protocol::AxisScale::Category || its.scale != first->scale ||
            its.label != first->label || its.unit != first->unit)
            return;
        const Range& here = ranges[k].*range;
        all = all ? Range{std::min(all->low, here.low), std::max(all->high, here.high)} : here;
    }
    for (const auto& figure : figures) {
        if (figure) {
            ((*figure).*axis).low = all->low;
            ((*figure).*axis).high = all->high;
        }
    }
}

/// Copies whose axes and colours have the same limits, so that columns can be compared by eye. Null stays
/// null.
Figures onOneScale(const QVector<std::shared_ptr<const protocol::Figure>>& figures)
{
    Figures copies;
    QVector<FigureRanges> ranges;
    for (const auto& figure : figures) {
        copies << (figure ? std::make_shared<protocol::Figure>(*figure) : nullptr);
        ranges << (figure ? rangesOf(*figure, layoutBars(*figure)) : FigureRanges());
    }
    const bool cells = std::any_of(copies.begin(), copies.end(), [](const auto& figure) {
        return figure && std::any_of(figure->layers.begin(), figure->layers.end(), [](const auto& layer) {
                   return layer.kind == protocol::LayerKind::Cells;
               });
    });
    if (cells) { // they lie where their number and the limits put them
        alignAxis(copies, ranges, &protocol::Figure::colour, &FigureRanges::colour);
    } else {
        alignAxis(copies, ranges, &protocol::Figure::x, &FigureRanges::x);
        alignAxis(copies, ranges, &protocol::Figure::y, &FigureRanges::y);
    }
    return copies;
}

} // namespace

CompareResults::CompareResults(const Services& services, QWidget* parent)
    : QScrollArea(parent)
    , m_services(services)
    , m_body(new QWidget(this))
    , m_page(new PageLayout(m_body))
{
    setObjectName(QStringLiteral("compareResults"));
    m_body->setObjectName(QStringLiteral("scrollContents"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // as on the page of results
    const int em = fontMetrics().height();
    verticalScrollBar()->setSingleStep(2 * em);
    m_page->setContentsMargins(em, em / 2, em / 2, em);
    m_page->setSpacing(em * 3 / 4, em * 3 / 4);
    setWidget(m_body);
}

void CompareResults::setComparison(const QVector<ComparedRun>& runs, const RunComparison& comparison,
                                   bool linked)
{
    if (linked != m_linked) {
        // Cards hold on to the selection they were made with.
        qDeleteAll(m_cards);
        m_cards.clear();
        m_linked = linked;
    }
    m_runs = runs;
    m_comparison = comparison;
    layOut();
}

void CompareResults::setTheme(const Theme& theme)
{
    m_theme = theme;
    for (ResultCard* card : std::as_const(m_cards))
        card->setTheme(theme);
}

void CompareResults::keep(ResultCard* card)
{
    card->hide(); // until it has its place
    card->setTheme(m_theme);
    // The comparison goes into a report as a whole.
    if (auto* button = card->findChild<QToolButton*>(QStringLiteral("reportButton")))
        button->hide();
    connect(card, &ResultCard::refreshWanted, card,
            [card] { QTimer::singleShot(0, card, &ResultCard::refreshNow); });
}

FigureCard* CompareResults::figureCard(const QString& key, const QString& name, int run, Selection& selection)
{
    m_used.insert(key);
    ResultCard*& card = m_cards[key];
    if (!card) {
        keep(card = new FigureCard(key, selection, m_body));
        connect(card, &ResultCard::exportRequested, this,
                [this, run, name] { Q_EMIT figureExportRequested(run, name); });
    }
    return static_cast<FigureCard*>(card);
}

QWidget* CompareResults::tableCard(const std::shared_ptr<const protocol::Table>& table)
{
    const QString name = QString::fromStdString(table->name);
    m_used.insert(name);
    ResultCard*& card = m_cards[name];
    if (!card) {
        keep(card = new TableCard(name, m_services.selection, m_body));
        connect(card, &ResultCard::exportRequested, this,
                [this, name] { Q_EMIT tableExportRequested(name); });
    }
    static_cast<TableCard*>(card)->setTable(table);
    return card;
}

QWidget* CompareResults::text(const QString& key, const char* kind, const QString& words)
{
    m_used.insert(key);
    QLabel*& label = m_texts[key];
    if (!label) {
        label = makeParagraph(kind, words, m_body);
        label->setObjectName(key);
    }
    label->setText(words);
    return label;
}

Selection& CompareResults::selectionOf(int run)
{
    if (m_linked)
        return m_services.selection;
    while (m_own.size() <= run)
        m_own << new Selection(this);
    return *m_own[run];
}

void CompareResults::addOverlays(Rows& rows)
{
    if (m_comparison.overlays.isEmpty())
        return;
    rows.append({text(QStringLiteral("overlayHeading"), "heading", tr("Figures over each other"))});
    bool open = false;
    for (const auto& overlay : m_comparison.overlays) {
        const QString name = QString::fromStdString(overlay->name);
        // Marks of an overlay keep their samples only when the runs are linked.
        FigureCard* card = figureCard(QStringLiteral("overlay-") + name, name, -1, m_services.selection);
        card->setFigure(overlay);
        if (open && !card->isWide()) {
            rows.last().append(card);
            open = false;
        } else {
            rows.append({card});
            open = m_wide && !card->isWide() && overlay != m_comparison.overlays.last();
        }
    }
}

void CompareResults::addColumns(Rows& rows)
{
    QStringList names;
    QHash<QString, QString> titles;
    for (const ComparedRun& run : m_runs) {
        if (!run.record)
            continue;
        for (const auto& figure : run.record->figures()) {
            const QString name = QString::fromStdString(figure.name);
            if (!names.contains(name))
                names << name;
            titles.insert(name, QString::fromStdString(figure.value->title));
        }
    }
    if (names.isEmpty())
        return;
    rows.append({text(QStringLiteral("columnsHeading"), "heading", tr("Side by side"))});
    for (const QString& name : names) {
        QVector<std::shared_ptr<const protocol::Figure>> figures;
        for (const ComparedRun& run : m_runs)
            figures << (run.record ? valueOf(run.record->figures(), name) : nullptr);
        const auto shown = onOneScale(figures);
        // The caption stands under the overlay, where there is one.
        const bool said = std::any_of(m_comparison.overlays.begin(), m_comparison.overlays.end(),
                                      [&](const auto& o) { return o->name == name.toStdString(); });
        QList<QWidget*> row;
        for (int k = 0; k < m_runs.size(); ++k) {
            const QString key = QStringLiteral("%1-%2-%3").arg(k + 1).arg(m_runs[k].id, name);
            if (!shown[k]) {
                row << text(QStringLiteral("absent-") + key, "muted",
                            m_runs[k].record ? tr("%1 has no “%2”.").arg(m_runs[k].name, titles[name])
                                             : m_runs[k].problem);
                continue;
            }
            // Whose it is stands in the header of the column, and here for pictures of a part of the page.
            shown[k]->title = m_runs[k].name.toStdString() + " · " + shown[k]->title;
            if (said)
                shown[k]->caption.clear();
            FigureCard* card = figureCard(key, name, k, selectionOf(k));
            card->setFigure(shown[k]);
            row << card;
        }
        rows.append(row);
    }
}

void CompareResults::layOut()
{
    m_used.clear();
    Rows rows;
    if (!m_comparison.notices.isEmpty()) {
        QStringList lines;
        for (const QString& notice : m_comparison.notices)
            lines << QStringLiteral("• ") + notice;
        rows.append({text(QStringLiteral("compareNotices"), "muted", lines.join(QLatin1Char('\n')))});
    }
    for (const auto& table : {m_comparison.parameters, m_comparison.metrics}) {
        if (table)
            rows.append({tableCard(table)});
    }
    addOverlays(rows);
    addColumns(rows);
    dropUnused();
    m_page->setRows(rows);
    for (const auto& row : rows) {
        for (QWidget* widget : row)
            widget->show();
    }
}

void CompareResults::dropUnused()
{
    const auto drop = [this](auto& all) {
        for (auto it = all.begin(); it != all.end();) {
            if (m_used.contains(it.key())) {
                ++it;
                continue;
            }
            it.value()->hide();
            it.value()->deleteLater();
            it = all.erase(it);
        }
    };
    drop(m_cards);
    drop(m_texts);
}

void CompareResults::resizeEvent(QResizeEvent* event)
{
    QScrollArea::resizeEvent(event);
    const bool wide = viewport()->width() >= kTwoOverlaysInEm * fontMetrics().height();
    if (wide == m_wide)
        return;
    m_wide = wide;
    layOut();
}

} // namespace assay::widgets
