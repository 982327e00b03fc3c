#pragma once

#include "backend/protocol/image_grid.h"

#include <QFile>
#include <QImage>
#include <QString>

#include <memory>

namespace assay::widgets {

/// The file that a run calls @p name, by its canonical path; empty when it is none, or lies outside of the
/// run's
/// @p folder, be it by a link: the name comes from the run.
QString fileOfRun(const QString& folder, const QString& name);

/// Access to the images of a grid, whose pixels lie in memory or in a file of the run folder (which is
/// mapped, not read). Never copies more than the image asked for.
class GridPixels
{
public:
    GridPixels() = default;
    /// @param folder the run folder, for grids whose pixels are in a file; may be empty otherwise.
    GridPixels(std::shared_ptr<const protocol::ImageGrid> grid, const QString& folder);

    /// Image @p index in variant @p variant; null when its pixels are missing. Valid while this object lives.
    QImage image(int index, int variant) const;
    /// The value 0..255 of each channel at a pixel; empty outside.
    QVector<int> valuesAt(int index, int variant, const QPoint& pixel) const;
    /// Why there are no pixels, in words; empty when all is well.
    const QString& problem() const { return m_problem; }

private:
    std::shared_ptr<const protocol::ImageGrid> m_grid;
    std::shared_ptr<QFile> m_file; ///< shared: copies of this object look into one mapping
    const uchar* m_data = nullptr;
    std::size_t m_size = 0;
    QString m_problem;
};

} // namespace assay::widgets
