#include "widgets/studies/selection_inspector.h"

#include "backend/protocol/image_grid.h"
#include "widgets/engine/run_record.h"
#include "widgets/selection/selection.h"
#include "widgets/studies/text_kit.h"
#include "widgets/studies/variant_view.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

/// Where the sample is: a grid and its row there.
struct Place
{
    std::shared_ptr<const protocol::ImageGrid> grid;
    std::size_t row = 0;
};

Place locate(const RunRecord* record, qint64 id)
{
    if (!record)
        return {};
    for (const auto& named : record->grids()) {
        if (!named.value)
            continue;
        const auto& ids = named.value->ids;
        if (const auto it = std::find(ids.begin(), ids.end(), id); it != ids.end())
            return {named.value, std::size_t(it - ids.begin())};
    }
    return {};
}

QImage imageAt(const protocol::ImageGrid& grid, std::size_t row, std::size_t variant)
{
    const std::size_t bytes = grid.imageBytes();
    const std::size_t offset = (row * grid.variants.size() + variant) * bytes;
    if (offset + bytes > grid.pixels.size() || bytes == 0)
        return {};
    const QImage view(grid.pixels.data() + offset, int(grid.width), int(grid.height),
                      int(grid.width * grid.channels),
                      grid.channels == 3 ? QImage::Format_RGB888 : QImage::Format_Grayscale8);
    return view.copy();
}

} // namespace

SelectionInspector::SelectionInspector(Selection& selection, QWidget* parent)
    : QWidget(parent)
    , m_selection(selection)
    , m_pages(new QStackedWidget(this))
    , m_count(makeText("subtitle", {}, this))
    , m_reason(makeParagraph("muted", {}, this))
    , m_sample(makeText("heading", {}, this))
    , m_pixels(new VariantView(this))
    , m_facts(makeParagraph("", {}, this))
    , m_note(makeParagraph("small", {}, this))
    , m_previous(new QPushButton(this))
    , m_next(new QPushButton(this))
    , m_clear(new QPushButton(tr("Clear"), this))
{
    setObjectName(QStringLiteral("selectionInspector"));
    m_count->setObjectName(QStringLiteral("selectionCount"));
    m_previous->setAccessibleName(tr("Previous sample"));
    m_previous->setToolTip(m_previous->accessibleName());
    m_next->setAccessibleName(tr("Next sample"));
    m_next->setToolTip(m_next->accessibleName());
    setProperty("kind", QStringLiteral("panel"));
    setAttribute(Qt::WA_StyledBackground);
    const int em = fontMetrics().height();
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(em, em, em, em);
    layout->setSpacing(em / 2);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(em / 3);
    for (QPushButton* button : {m_previous, m_next, m_clear})
        buttons->addWidget(button);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_count, m_reason, m_sample, m_pixels, m_facts, m_note})
        layout->addWidget(widget);
    layout->addStretch(1);
    layout->addLayout(buttons);

    QLabel* nothing =
        makeParagraph("muted",
                      tr("Nothing is selected.\n\nClick a bar, a cell, a point or an image: the samples "
                         "behind it are marked in every figure and gallery, and shown here."),
                      this);
    nothing->setAlignment(Qt::AlignCenter);
    nothing->setMargin(em);
    m_pages->addWidget(nothing);
    m_pages->addWidget(page);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_pages);

    const auto step = [this](int by) {
        const auto& ids = m_selection.ids();
        if (ids.isEmpty())
            return;
        const qsizetype at = std::max<qsizetype>(0, ids.indexOf(m_selection.primary()));
        m_selection.setPrimary(ids[(at + by + ids.size()) % ids.size()], this);
        update();
    };
    connect(m_previous, &QPushButton::clicked, this, [step] { step(-1); });
    connect(m_next, &QPushButton::clicked, this, [step] { step(1); });
    connect(m_clear, &QPushButton::clicked, this, [this] {
        m_selection.clear(this);
        update();
    });
    connect(&m_selection, &Selection::changed, this, [this](const QObject* by) {
        if (by != this)
            update();
    });
}

void SelectionInspector::setRecord(const RunRecord* record)
{
    if (m_record == record)
        return;
    if (m_record)
        disconnect(m_record, nullptr, this, nullptr);
    m_record = record;
    if (record) {
        connect(record, &RunRecord::gridChanged, this, &SelectionInspector::update);
        connect(record, &QObject::destroyed, this, [this] { m_record = nullptr; });
    }
    update();
}

void SelectionInspector::setTheme(const Theme& theme)
{
    m_previous->setIcon(theme.icon(QStringLiteral("chevron-left")));
    m_next->setIcon(theme.icon(QStringLiteral("chevron-right")));
}

void SelectionInspector::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_stale)
        update();
}

void SelectionInspector::update()
{
    m_stale = !isVisible();
    if (m_stale)
        return;
    m_pages->setCurrentIndex(m_selection.isEmpty() ? 0 : 1);
    if (m_selection.isEmpty())
        return;
    const qsizetype count = m_selection.ids().size();
    m_count->setText(count == 1 ? tr("1 sample selected") : tr("%1 samples selected").arg(count));
    m_reason->setText(m_selection.reason());
    m_reason->setVisible(!m_selection.reason().isEmpty());
    m_previous->setEnabled(count > 1);
    m_next->setEnabled(count > 1);
    const qint64 id = m_selection.primary();
    m_sample->setText(tr("Sample %1").arg(id));
    if (const Place place = locate(m_record, id); place.grid) {
        showSample(*place.grid, place.row);
    } else {
        m_pixels->setImages({}, {});
        m_facts->setText(tr("This run keeps no images of it."));
        m_note->hide();
    }
}

void SelectionInspector::showSample(const protocol::ImageGrid& grid, std::size_t row)
{
    QVector<QImage> images;
    QStringList names;
    for (std::size_t v = 0; v < grid.variants.size(); ++v) {
        images << imageAt(grid, row, v);
        names << QString::fromStdString(grid.variants[v]);
    }
    m_pixels->setImages(images, names);
    QStringList facts;
    for (const auto& attribute : grid.attributes) {
        const int code = row < attribute.codes.size() ? attribute.codes[row] : -1;
        if (code < 0 || std::size_t(code) >= attribute.values.size())
            continue;
        const std::string& title = attribute.title.empty() ? attribute.name : attribute.title;
        facts << QStringLiteral("%1: %2").arg(QString::fromStdString(title),
                                              QString::fromStdString(attribute.values[std::size_t(code)]));
    }
    m_facts->setText(facts.join(QLatin1Char('\n')));
    m_note->setText(row < grid.notes.size() ? QString::fromStdString(grid.notes[row]) : QString());
    m_note->setVisible(!m_note->text().isEmpty());
}

} // namespace assay::widgets
