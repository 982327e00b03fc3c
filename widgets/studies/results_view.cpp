#include "widgets/studies/results_view.h"

#include "widgets/engine/run_record.h"
#include "widgets/studies/figure_card.h"
#include "widgets/studies/gallery_card.h"
#include "widgets/studies/page_layout.h"
#include "widgets/studies/scene_card.h"
#include "widgets/studies/table_card.h"
#include "widgets/studies/text_kit.h"

#include <QResizeEvent>
#include <QScrollBar>
#include <QTimer>

#include <algorithm>
#include <utility>

namespace assay::widgets {

namespace {

constexpr int kColumnInEm = 28;

} // namespace

ResultsView::ResultsView(const Services& services, QWidget* parent)
    : QScrollArea(parent)
    , m_services(services)
    , m_body(new QWidget(this))
    , m_page(new PageLayout(m_body))
    , m_refreshing(new QTimer(this))
{
    setObjectName(QStringLiteral("resultsView"));
    m_body->setObjectName(QStringLiteral("scrollContents"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    // Always there: a bar that comes and goes would change the width, and with it the heights that made it
    // come.
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    const int em = fontMetrics().height();
    verticalScrollBar()->setSingleStep(2 * em);
    m_page->setContentsMargins(em, em, em / 2, em);
    m_page->setSpacing(em * 3 / 4, em * 3 / 4);
    setWidget(m_body);
    connect(m_refreshing, &QTimer::timeout, this, &ResultsView::refreshNext);
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this, &ResultsView::scrollToRevealed);
}

void ResultsView::setTop(const QList<QWidget*>& widgets)
{
    m_top = widgets;
    for (QWidget* widget : widgets)
        widget->setParent(m_body);
    layOut();
}

void ResultsView::setRecord(std::shared_ptr<RunRecord> record)
{
    if (m_record == record)
        return;
    if (m_record)
        disconnect(m_record.get(), nullptr, this, nullptr);
    m_queue.clear();
    qDeleteAll(std::exchange(m_cards, {}));
    m_record = std::move(record);
    if (m_record) {
        connect(m_record.get(), &RunRecord::figureChanged, this, &ResultsView::updateFigure);
        connect(m_record.get(), &RunRecord::tableChanged, this, &ResultsView::updateTable);
        connect(m_record.get(), &RunRecord::gridChanged, this, &ResultsView::updateGrid);
        connect(m_record.get(), &RunRecord::sceneChanged, this, &ResultsView::updateScene);
        connect(m_record.get(), &RunRecord::previewSettled, this, &ResultsView::settleScenes);
        for (const auto& scene : m_record->scenes())
            updateScene(QString::fromStdString(scene.name));
        for (const auto& figure : m_record->figures())
            updateFigure(QString::fromStdString(figure.name));
        for (const auto& grid : m_record->grids())
            updateGrid(QString::fromStdString(grid.name));
        for (const auto& table : m_record->tables())
            updateTable(QString::fromStdString(table.name));
    }
    m_revealed.clear();
    verticalScrollBar()->setValue(0);
    layOut();
}

void ResultsView::setTheme(const Theme& theme)
{
    m_theme = theme;
    for (ResultCard* card : m_cards)
        card->setTheme(theme);
}

ResultCard* ResultsView::card(ResultCard::Kind kind, const QString& name) const
{
    const auto it = std::find_if(m_cards.begin(), m_cards.end(), [&](const ResultCard* card) {
        return card->resultKind() == kind && card->name() == name;
    });
    return it == m_cards.end() ? nullptr : *it;
}

void ResultsView::updateFigure(const QString& name)
{
    const auto value = valueOf(m_record->figures(), name);
    if (!value)
        return remove(ResultCard::Kind::Figure, name);
    auto* figure = static_cast<FigureCard*>(card(ResultCard::Kind::Figure, name));
    if (!figure) {
        add(figure = new FigureCard(name, m_services.selection, m_body));
        connect(figure, &FigureCard::picked, this, [this](const Json& params, const QString& opens) {
            Q_EMIT picked(params);
            reveal(opens);
        });
    }
    figure->setFigure(value);
}

void ResultsView::reveal(const QString& gallery)
{
    m_revealed = gallery;
    m_revealedAt = verticalScrollBar()->value();
    scrollToRevealed();
}

void ResultsView::scrollToRevealed()
{
    const ResultCard* shown = card(ResultCard::Kind::Gallery, m_revealed);
    if (!shown || verticalScrollBar()->value() != m_revealedAt)
        return;
    const int top = shown->mapTo(widget(), QPoint()).y(), seen = verticalScrollBar()->value();
    const int room = viewport()->height();
    if (top < seen || top + std::min(shown->height(), room) > seen + room)
        verticalScrollBar()->setValue(top - fontMetrics().height());
    m_revealedAt = verticalScrollBar()->value(); // not where it was sent, when the document is yet too short
}

void ResultsView::updateTable(const QString& name)
{
    const auto value = valueOf(m_record->tables(), name);
    if (!value)
        return remove(ResultCard::Kind::Table, name);
    auto* table = static_cast<TableCard*>(card(ResultCard::Kind::Table, name));
    if (!table)
        add(table = new TableCard(name, m_services.selection, m_body));
    table->setTable(value);
}

void ResultsView::updateGrid(const QString& name)
{
    const auto value = valueOf(m_record->grids(), name);
    if (!value)
        return remove(ResultCard::Kind::Gallery, name);
    auto* gallery = static_cast<GalleryCard*>(card(ResultCard::Kind::Gallery, name));
    if (!gallery)
        add(gallery = new GalleryCard(name, m_services.selection, m_body));
    gallery->setGrid(value);
}

void ResultsView::updateScene(const QString& name)
{
    const auto value = valueOf(m_record->scenes(), name);
    if (!value)
        return remove(ResultCard::Kind::Scene, name);
    auto* scene = static_cast<SceneCard*>(card(ResultCard::Kind::Scene, name));
    if (!scene)
        add(scene = makeSceneCard(name));
    scene->setScene(value);
}

SceneCard* ResultsView::makeSceneCard(const QString& name)
{
    auto* scene = new SceneCard(name, m_body);
    scene->setLive(m_live, m_whyNotLive);
    connect(scene, &SceneCard::edited, this, &ResultsView::sceneEdited);
    connect(scene, &SceneCard::keepRequested, this, [this, name] { Q_EMIT patchKeepRequested(name); });
    connect(scene, &SceneCard::printRequested, this, [this, name] { Q_EMIT patchPrintRequested(name); });
    connect(scene, &SceneCard::saveRequested, this, [this, name] { Q_EMIT pictureSaveRequested(name); });
    return scene;
}

void ResultsView::setLive(const std::vector<protocol::Field>& fields, const QString& whyNot)
{
    m_live = fields;
    m_whyNotLive = whyNot;
    for (ResultCard* card : m_cards) {
        if (card->resultKind() == ResultCard::Kind::Scene)
            static_cast<SceneCard*>(card)->setLive(fields, whyNot);
    }
}

void ResultsView::settleScenes()
{
    for (ResultCard* card : m_cards) {
        if (card->resultKind() == ResultCard::Kind::Scene)
            static_cast<SceneCard*>(card)->settle();
    }
}

void ResultsView::add(ResultCard* card)
{
    card->hide(); // until it has its place
    card->setTheme(m_theme);
    m_cards.push_back(card);
    connect(card, &ResultCard::refreshWanted, this, [this, card] { enqueue(card); });
    connect(card, &ResultCard::sectionChanged, this, &ResultsView::scheduleLayout);
    connect(card, &ResultCard::reportRequested, this,
            [this, card](QWidget* near) { Q_EMIT reportRequested(card->resultKind(), card->name(), near); });
    connect(card, &ResultCard::exportRequested, this, [this, card] {
        if (card->resultKind() == ResultCard::Kind::Table)
            Q_EMIT tableExportRequested(card->name());
        else
            Q_EMIT figureExportRequested(card->name());
    });
    scheduleLayout();
}

void ResultsView::remove(ResultCard::Kind kind, const QString& name)
{
    if (ResultCard* gone = card(kind, name)) {
        std::erase(m_cards, gone);
        std::erase(m_queue, gone);
        delete gone;
        scheduleLayout();
    }
}

void ResultsView::enqueue(ResultCard* card)
{
    if (std::find(m_queue.begin(), m_queue.end(), card) == m_queue.end())
        m_queue.push_back(card);
    if (!m_refreshing->isActive())
        m_refreshing->start(0);
}

void ResultsView::refreshNext()
{
    if (m_queue.empty()) {
        m_refreshing->stop();
        return;
    }
    ResultCard* card = m_queue.front();
    m_queue.erase(m_queue.begin());
    card->refreshNow();
}

void ResultsView::resizeEvent(QResizeEvent* event)
{
    QScrollArea::resizeEvent(event);
    const int columns = viewport()->width() >= 2 * kColumnInEm * fontMetrics().height() ? 2 : 1;
    if (columns != m_columns) {
        m_columns = columns;
        layOut();
    }
}

void ResultsView::scheduleLayout()
{
    if (m_layoutPending)
        return;
    m_layoutPending = true;
    QTimer::singleShot(0, this, [this] {
        m_layoutPending = false;
        layOut();
    });
}

std::vector<ResultCard*> ResultsView::ordered() const
{
    if (!m_record)
        return {};
    std::vector<ResultCard*> all;
    const auto take = [&](ResultCard::Kind kind, const auto& values) {
        for (const auto& value : values) {
            if (ResultCard* found = card(kind, QString::fromStdString(value.name)))
                all.push_back(found);
        }
    };
    take(ResultCard::Kind::Scene, m_record->scenes());
    take(ResultCard::Kind::Figure, m_record->figures());
    take(ResultCard::Kind::Gallery, m_record->grids());
    take(ResultCard::Kind::Table, m_record->tables());
    QStringList sections;
    for (const ResultCard* card : all) {
        if (!sections.contains(card->section()))
            sections << card->section();
    }
    std::stable_sort(all.begin(), all.end(), [&](const ResultCard* a, const ResultCard* b) {
        return sections.indexOf(a->section()) < sections.indexOf(b->section());
    });
    return all;
}

void ResultsView::layOut()
{
    QList<QList<QWidget*>> rows;
    for (QWidget* widget : m_top)
        rows.append({widget});
    const std::vector<ResultCard*> cards = ordered();
    QSet<QString> used;
    bool open = false; // the last row has room for one more card
    for (size_t i = 0; i < cards.size(); ++i) {
        ResultCard* card = cards[i];
        if (!card->section().isEmpty() && !used.contains(card->section())) {
            rows.append({headingOf(card->section())});
            used.insert(card->section());
            open = false;
        }
        // A lone narrow card at the end of its section would leave half the page empty: it takes the row.
        if (open && !card->isWide()) {
            rows.last().append(card);
            open = false;
        } else {
            rows.append({card});
            const bool last = i + 1 == cards.size() || cards[i + 1]->section() != card->section();
            open = m_columns > 1 && !card->isWide() && !last;
        }
    }
    m_page->setRows(rows);
    for (ResultCard* card : cards)
        card->show();
    for (auto it = m_headings.begin(); it != m_headings.end(); ++it)
        it.value()->setVisible(used.contains(it.key()));
}

QLabel* ResultsView::headingOf(const QString& section)
{
    QLabel*& heading = m_headings[section];
    if (!heading)
        heading = makeText("heading", section, m_body);
    return heading;
}

} // namespace assay::widgets
