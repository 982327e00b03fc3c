#pragma once

#include "backend/protocol/image_grid.h"
#include "widgets/theme/theme.h"

#include <QWidget>

#include <memory>

namespace assay::widgets {

class Selection;

/// Virtualised grid of thumbnails: only what is visible is drawn, 10,000 images scroll smoothly. A tile
/// shows one or all variants, is framed in the colour of its role attribute, and is captioned with the
/// attributes the user chose. Filter by attribute, zoom with Ctrl+wheel or slider, select with mouse and
/// keyboard (linked through Selection), the primary image is shown large with pixel values on hover.
class GalleryView : public QWidget
{
    Q_OBJECT
public:
    explicit GalleryView(Selection* selection, QWidget* parent = nullptr);
    ~GalleryView() override;

    /// Replaces the images; keeps scroll position, zoom and filters where they still make sense.
    void setGrid(std::shared_ptr<const protocol::ImageGrid> grid);
    /// Where the file of a grid whose pixels do not travel inline is looked for. Call before setGrid().
    void setRunFolder(const QString& folder);
    void setTheme(const Theme& theme);
    /// Off where the surroundings already show the title.
    void setTitleShown(bool shown);
    /// Show only images that are selected elsewhere, or all while nothing is.
    void setFollowSelection(bool on);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace assay::widgets
