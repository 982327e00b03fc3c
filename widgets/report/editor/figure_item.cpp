#include "widgets/report/editor/figure_item.h"

#include "widgets/figures/figure_view.h"
#include "widgets/studies/text_kit.h"

#include <QPaintEvent>

#include <algorithm>

namespace assay::widgets {

namespace {

/// The text's width on paper that the sheet of the window stands for.
constexpr double kSheetTextMm = 170;
constexpr int kMinPanelInEm = 11;
constexpr int kMaxPanelInEm = 30;
constexpr int kAroundPlotInEm = 4; ///< legend and axis labels, which the author's aspect does not count

} // namespace

FigureItem::FigureItem(QWidget* parent)
    : ItemView(ContentItem::Kind::Figure, parent)
{}

FigureView* FigureItem::panel(int index) const
{
    return index >= 0 && index < int(m_panels.size()) ? m_panels[size_t(index)].view : nullptr;
}

void FigureItem::take()
{
    const auto& panels = item().panels;
    while (m_panels.size() > size_t(panels.size())) {
        delete m_panels.back().heading;
        delete m_panels.back().view;
        m_panels.pop_back();
    }
    while (m_panels.size() < size_t(panels.size())) {
        Panel panel;
        panel.heading = makeText("subtitle", {}, this);
        m_panels.push_back(panel);
    }
    for (size_t i = 0; i < m_panels.size(); ++i) {
        const ContentPanel& from = panels[qsizetype(i)];
        // What it shows is said by the caption, as on paper.
        m_panels[i].heading->setText(QStringLiteral("(%1)").arg(from.letter));
        m_panels[i].heading->setToolTip(QString::fromStdString(from.figure->title).toHtmlEscaped());
        m_panels[i].heading->setVisible(!from.letter.isEmpty());
        // A comparison is made anew each time it is looked up: the same numbers are not drawn again.
        if (m_panels[i].shown && m_panels[i].shown != from.figure && *m_panels[i].shown == *from.figure)
            m_panels[i].shown = from.figure;
    }
    if (stale() >= 0 && isVisible() && !visibleRegion().isEmpty())
        Q_EMIT refreshWanted();
}

void FigureItem::setTheme(const Theme& theme)
{
    ItemView::setTheme(theme);
    for (Panel& panel : m_panels) {
        if (panel.view)
            panel.view->setTheme(theme);
    }
}

int FigureItem::stale() const
{
    for (size_t i = 0; i < m_panels.size(); ++i) {
        if (m_panels[i].shown != item().panels[qsizetype(i)].figure)
            return int(i);
    }
    return -1;
}

bool FigureItem::refreshNow()
{
    const int index = stale();
    if (index < 0)
        return false;
    Panel& panel = m_panels[size_t(index)];
    if (!panel.view) {
        panel.view = new FigureView(nullptr, this);
        panel.view->setObjectName(QStringLiteral("reportFigure"));
        panel.view->setTitleShown(false);
        panel.view->setTheme(theme());
        // A click chooses the block, whose keys and menu are the report's.
        panel.view->setContextMenuPolicy(Qt::NoContextMenu);
        if (auto* plot = panel.view->findChild<QWidget*>(QStringLiteral("plot"))) {
            plot->setFocusPolicy(Qt::NoFocus);
            plot->setContextMenuPolicy(Qt::NoContextMenu);
        }
        arrange();
    }
    panel.shown = item().panels[index].figure;
    panel.view->setFigure(panel.shown);
    panel.view->setAccessibleName(QString::fromStdString(panel.shown->title));
    panel.view->show();
    return stale() >= 0;
}

void FigureItem::paintEvent(QPaintEvent* event)
{
    ItemView::paintEvent(event);
    // Being painted is the one sure sign of having come into view.
    if (stale() >= 0)
        Q_EMIT refreshWanted();
}

int FigureItem::columns() const
{
    return std::clamp(item().columns, 1, std::max(1, int(item().panels.size())));
}

int FigureItem::drawnWidth(int width) const
{
    if (item().widthMm <= 0)
        return width;
    const int least = std::min(width, 14 * fontMetrics().height());
    return std::clamp(int(width * item().widthMm / kSheetTextMm), least, width);
}

int FigureItem::headingHeight() const
{
    return item().panels.size() > 1 ? fontMetrics().height() * 3 / 2 : 0;
}

int FigureItem::rowHeight(int row, int panelWidth) const
{
    const int em = fontMetrics().height();
    int height = 0;
    for (int i = row * columns(); i < std::min(int(item().panels.size()), (row + 1) * columns()); ++i) {
        const double aspect = item().panels[i].figure->aspect > 0 ? item().panels[i].figure->aspect : 1.6;
        height = std::max(height, int(panelWidth / aspect) + kAroundPlotInEm * em);
    }
    return std::clamp(height, kMinPanelInEm * em, kMaxPanelInEm * em);
}

int FigureItem::contentHeight(int width) const
{
    const int gap = fontMetrics().height() / 2;
    const int panelWidth = (drawnWidth(width) - (columns() - 1) * gap) / columns();
    const int rows = (int(item().panels.size()) + columns() - 1) / columns();
    int height = (rows - 1) * gap;
    for (int row = 0; row < rows; ++row)
        height += headingHeight() + rowHeight(row, panelWidth);
    return height;
}

void FigureItem::placeContent(const QRect& place)
{
    const int gap = fontMetrics().height() / 2;
    const int whole = drawnWidth(place.width());
    const int panelWidth = (whole - (columns() - 1) * gap) / columns();
    const int left = place.left() + (place.width() - whole) / 2;
    int top = place.top();
    for (int i = 0; i < int(m_panels.size()); ++i) {
        const int column = i % columns();
        if (i > 0 && column == 0)
            top += headingHeight() + rowHeight(i / columns() - 1, panelWidth) + gap;
        const int x = left + column * (panelWidth + gap);
        Panel& panel = m_panels[size_t(i)];
        panel.heading->setGeometry(x, top, panelWidth, headingHeight());
        if (panel.view)
            panel.view->setGeometry(x, top + headingHeight(), panelWidth,
                                    rowHeight(i / columns(), panelWidth));
    }
}

} // namespace assay::widgets
