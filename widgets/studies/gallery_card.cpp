#include "widgets/studies/gallery_card.h"

#include "widgets/gallery/gallery_view.h"
#include "widgets/studies/selection_link.h"

#include <QToolButton>

namespace assay::widgets {

namespace {

constexpr int kHeightInEm = 30;

} // namespace

GalleryCard::GalleryCard(const QString& name, Selection& selection, QWidget* parent)
    : ResultCard(Kind::Gallery, name, parent)
    , m_link(new SelectionLink(selection, this))
    , m_view(new GalleryView(m_link->own(), this))
{
    m_view->setObjectName(QStringLiteral("gallery-") + name);
    m_view->setTitleShown(false);
    QToolButton* pin = addButton(QStringLiteral("pin"), QStringLiteral("pinButton"),
                                 tr("Pin: keep the selection shown here"));
    pin->setCheckable(true);
    connect(pin, &QToolButton::toggled, m_link, &SelectionLink::setPinned);
    addReportButton();
    setContent(m_view);
}

void GalleryCard::setGrid(std::shared_ptr<const protocol::ImageGrid> grid)
{
    m_grid = std::move(grid);
    setTexts(QString::fromStdString(m_grid->title), QString::fromStdString(m_grid->caption),
             QString::fromStdString(m_grid->section));
    m_view->setAccessibleName(QString::fromStdString(m_grid->title));
    invalidate();
}

void GalleryCard::setTheme(const Theme& theme)
{
    ResultCard::setTheme(theme);
    m_view->setTheme(theme);
}

void GalleryCard::refresh()
{
    m_view->setGrid(m_grid);
}

int GalleryCard::contentHeight(int) const
{
    return kHeightInEm * fontMetrics().height();
}

} // namespace assay::widgets
