#include "widgets/studies/figure_card.h"

#include "widgets/figures/figure_view.h"
#include "widgets/studies/selection_link.h"

#include <QToolButton>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr double kWideAspect = 2.2;
constexpr int kMinHeightInEm = 19;
constexpr int kMaxHeightInEm = 30;
constexpr int kLegendInEm = 4; ///< legend and axis labels, which the author's aspect does not count

} // namespace

FigureCard::FigureCard(const QString& name, Selection& selection, QWidget* parent)
    : ResultCard(Kind::Figure, name, parent)
    , m_link(new SelectionLink(selection, this))
    , m_view(new FigureView(m_link->own(), this))
{
    m_view->setObjectName(QStringLiteral("figure-") + name);
    m_view->setTitleShown(false);
    QToolButton* pin = addButton(QStringLiteral("pin"), QStringLiteral("pinButton"),
                                 tr("Pin: keep the selection shown here"));
    pin->setCheckable(true);
    connect(pin, &QToolButton::toggled, m_link, &SelectionLink::setPinned);
    addReportButton();
    QToolButton* save =
        addButton(QStringLiteral("export"), QStringLiteral("exportButton"), tr("Export this figure"));
    connect(save, &QToolButton::clicked, this, &ResultCard::exportRequested);
    connect(m_view, &FigureView::exportRequested, this, &ResultCard::exportRequested);
    connect(m_view, &FigureView::picked, this,
            [this](const Json& params) { Q_EMIT picked(params, QString::fromStdString(m_figure->opens)); });
    setContent(m_view);
}

void FigureCard::setFigure(std::shared_ptr<const protocol::Figure> figure)
{
    m_figure = std::move(figure);
    setTexts(QString::fromStdString(m_figure->title), QString::fromStdString(m_figure->caption),
             QString::fromStdString(m_figure->section));
    m_view->setAccessibleName(QString::fromStdString(m_figure->title));
    invalidate();
}

bool FigureCard::isWide() const
{
    return m_figure && m_figure->aspect >= kWideAspect;
}

void FigureCard::setTheme(const Theme& theme)
{
    ResultCard::setTheme(theme);
    m_view->setTheme(theme);
}

void FigureCard::refresh()
{
    m_view->setFigure(m_figure);
}

int FigureCard::contentHeight(int width) const
{
    const int em = fontMetrics().height();
    const double aspect = m_figure && m_figure->aspect > 0 ? m_figure->aspect : 1.6;
    return std::clamp(int(width / aspect) + kLegendInEm * em, kMinHeightInEm * em, kMaxHeightInEm * em);
}

} // namespace assay::widgets
