#include "widgets/gallery/detail_panel.h"

#include "widgets/gallery/gallery_filter.h"
#include "widgets/gallery/pixel_view.h"

#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace assay::widgets {

namespace {

QLabel* textLabel(const QString& text, const char* kind)
{
    auto* label = new QLabel(text);
    label->setProperty("kind", kind);
    label->setTextFormat(Qt::PlainText);
    return label;
}

/// "(3, 7)  146 = 0.573" or one number per channel.
QString pixelText(const QPoint& pixel, const QVector<int>& values)
{
    QStringList raw, unit;
    for (const int value : values) {
        raw << QString::number(value);
        unit << QString::number(value / 255.0, 'f', 3);
    }
    return QStringLiteral("(%1, %2)  %3 = %4")
        .arg(pixel.x())
        .arg(pixel.y())
        .arg(raw.join(' '), unit.join(' '));
}

} // namespace

DetailPanel::DetailPanel(QWidget* parent)
    : QScrollArea(parent)
{
    setObjectName(QStringLiteral("detail"));
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMinimumWidth(fontMetrics().height() * 11);
    rebuild();
}

void DetailPanel::show(std::shared_ptr<const protocol::ImageGrid> grid, const GridPixels& pixels, int index)
{
    m_grid = std::move(grid);
    m_pixels = pixels;
    m_index = index;
    rebuild();
}

void DetailPanel::setTheme(const Theme& theme)
{
    m_theme = theme;
    rebuild();
}

void DetailPanel::rebuild()
{
    auto* page = new QWidget;
    page->setProperty("kind", "panel");
    auto* column = new QVBoxLayout(page);
    const int line = fontMetrics().height();
    column->setContentsMargins(line / 2, line / 2, line / 2, line / 2);
    column->setSpacing(line / 3);
    if (m_grid && m_index >= 0) {
        column->addWidget(
            textLabel(tr("Image %1").arg(m_grid->ids[static_cast<std::size_t>(m_index)]), "subtitle"));
        addNote(column, m_index);
        addVariants(column, m_index);
        addAttributes(column, m_index);
    } else {
        auto* hint = textLabel(tr("Choose an image to see it large."), "muted");
        hint->setWordWrap(true);
        column->addWidget(hint);
    }
    column->addStretch();
    setWidget(page);
}

void DetailPanel::addNote(QVBoxLayout* column, int index)
{
    if (static_cast<std::size_t>(index) >= m_grid->notes.size())
        return;
    auto* note = textLabel(QString::fromStdString(m_grid->notes[static_cast<std::size_t>(index)]), "small");
    note->setWordWrap(true);
    column->addWidget(note);
}

void DetailPanel::addVariants(QVBoxLayout* column, int index)
{
    for (int variant = 0; variant < static_cast<int>(m_grid->variants.size()); ++variant) {
        const QString name = QString::fromStdString(m_grid->variants[static_cast<std::size_t>(variant)]);
        auto* heading = textLabel(name, "heading");
        auto* value = textLabel({}, "mono");
        value->setMinimumHeight(fontMetrics().height()); // nothing moves when a value appears
        auto* row = new QHBoxLayout;
        row->addWidget(heading);
        row->addStretch();
        column->addLayout(row);
        auto* view = new PixelView;
        view->setAccessibleName(name);
        view->setImage(m_pixels, index, variant, m_theme);
        connect(view, &PixelView::pixelHovered, value, [value](QPoint pixel, const QVector<int>& values) {
            value->setText(values.isEmpty() ? QString() : pixelText(pixel, values));
        });
        column->addWidget(view);
        column->addWidget(value);
    }
}

void DetailPanel::addAttributes(QVBoxLayout* column, int index)
{
    if (!m_grid->attributes.empty())
        column->addWidget(textLabel(tr("Attributes"), "heading"));
    auto* form = new QFormLayout;
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    form->setVerticalSpacing(fontMetrics().height() / 4);
    for (int a = 0; a < static_cast<int>(m_grid->attributes.size()); ++a) {
        auto* value = textLabel(attributeText(*m_grid, a, index), "");
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        if (const QString role = attributeRole(*m_grid, a, index); !role.isEmpty()) {
            const QColor colour = m_theme.role(role);
            value->setStyleSheet(
                QStringLiteral("background: %1; color: %2; border-radius: 4px; padding: 1px 6px;")
                    .arg(colour.name(), Theme::inkOn(colour).name()));
            value->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
        }
        form->addRow(textLabel(attributeTitle(m_grid->attributes[static_cast<std::size_t>(a)]), "muted"),
                     value);
    }
    column->addLayout(form);
}

} // namespace assay::widgets
