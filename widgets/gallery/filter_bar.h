#pragma once

#include "widgets/gallery/gallery_filter.h"
#include "widgets/theme/theme.h"

#include <QWidget>

#include <memory>

namespace assay::widgets {

/// What stands above the tiles: a choice per attribute with the number of images of each value, the order,
/// the variant, the captions, following the selection, size of the tiles, and how many images are shown.
/// Controls flow to further lines where the window is narrow.
class FilterBar : public QWidget
{
    Q_OBJECT
public:
    explicit FilterBar(QWidget* parent = nullptr);
    ~FilterBar() override;

    /// Makes the choices of @p grid; keeps those made before where they still exist.
    void setGrid(std::shared_ptr<const protocol::ImageGrid> grid);
    /// The filter as chosen, without ids.
    GalleryFilter filter() const;
    void showCounts(const GalleryFilter& filter, int shown);
    int variant() const;
    QVector<int> captions() const;
    bool followsSelection() const;
    void setFollowsSelection(bool on);
    bool showsDetail() const;
    void setZoom(int side, int smallest, int largest);
    void setTheme(const Theme& theme);

Q_SIGNALS:
    void filterChanged();
    void variantChanged(int variant);
    void captionsChanged();
    void followChanged(bool on);
    void detailToggled(bool on);
    void zoomChanged(int side);

private:
    void makeAttributeChoices();
    void makeCaptionMenu();

    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace assay::widgets
