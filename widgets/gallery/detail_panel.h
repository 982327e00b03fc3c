#pragma once

#include "widgets/gallery/grid_pixels.h"
#include "widgets/theme/theme.h"

#include <QScrollArea>

class QFormLayout;
class QLabel;
class QVBoxLayout;

namespace assay::widgets {

/// The primary image large: every variant pixel by pixel, the value under the cursor, its attributes.
class DetailPanel : public QScrollArea
{
    Q_OBJECT
public:
    explicit DetailPanel(QWidget* parent = nullptr);

    /// @param index position in the grid, -1 for none
    void show(std::shared_ptr<const protocol::ImageGrid> grid, const GridPixels& pixels, int index);
    void setTheme(const Theme& theme);

private:
    void rebuild();
    void addNote(QVBoxLayout* column, int index);
    void addVariants(QVBoxLayout* column, int index);
    void addAttributes(QVBoxLayout* column, int index);

    std::shared_ptr<const protocol::ImageGrid> m_grid;
    GridPixels m_pixels;
    int m_index = -1;
    Theme m_theme = Theme::light();
};

} // namespace assay::widgets
