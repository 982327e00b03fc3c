#pragma once

#include "backend/protocol/image_grid.h"
#include "widgets/studies/result_card.h"

#include <memory>

namespace assay::widgets {

class GalleryView;
class Selection;
class SelectionLink;

/// An image grid on the page of results.
class GalleryCard : public ResultCard
{
    Q_OBJECT
public:
    GalleryCard(const QString& name, Selection& selection, QWidget* parent);

    void setGrid(std::shared_ptr<const protocol::ImageGrid> grid);
    GalleryView* view() const { return m_view; }
    void setTheme(const Theme& theme) override;

protected:
    void refresh() override;
    int contentHeight(int width) const override;

private:
    std::shared_ptr<const protocol::ImageGrid> m_grid;
    SelectionLink* m_link;
    GalleryView* m_view;
};

} // namespace assay::widgets
