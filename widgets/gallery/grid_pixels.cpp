#include "widgets/gallery/grid_pixels.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace assay::widgets {

namespace {

QString sentence(const char* text)
{
    return QCoreApplication::translate("GridPixels", text);
}

} // namespace

QString fileOfRun(const QString& folder, const QString& name)
{
    const QString root = QFileInfo(folder).canonicalFilePath();
    const QFileInfo file(QFileInfo(QDir(folder).filePath(name)).canonicalFilePath());
    return !root.isEmpty() && file.isFile() && file.filePath().startsWith(root + '/') ? file.filePath()
                                                                                      : QString();
}

GridPixels::GridPixels(std::shared_ptr<const protocol::ImageGrid> grid, const QString& folder)
    : m_grid(std::move(grid))
{
    if (!m_grid)
        return;
    if (m_grid->file.empty()) {
        m_data = m_grid->pixels.data();
        m_size = m_grid->pixels.size();
    } else {
        const QString name = QString::fromStdString(m_grid->file);
        const QString path = fileOfRun(folder, name);
        if (path.isEmpty()) {
            m_problem = sentence("The images lie in %1, which is not in the run's folder.").arg(name);
            return;
        }
        m_file = std::make_shared<QFile>(path);
        if (!m_file->open(QIODevice::ReadOnly) || !(m_data = m_file->map(0, m_file->size()))) {
            m_problem = sentence("The images in %1 cannot be read: %2.").arg(path, m_file->errorString());
            return;
        }
        m_size = static_cast<std::size_t>(m_file->size());
    }
    if (m_size < m_grid->pixelBytes())
        m_problem =
            sentence("Only %1 of %2 bytes of the images have arrived.").arg(m_size).arg(m_grid->pixelBytes());
}

QImage GridPixels::image(int index, int variant) const
{
    if (!m_grid || index < 0 || static_cast<std::size_t>(index) >= m_grid->count() || variant < 0 ||
        static_cast<std::size_t>(variant) >= m_grid->variants.size())
        return {};
    const std::size_t bytes = m_grid->imageBytes();
    const std::size_t at =
        (static_cast<std::size_t>(index) * m_grid->variants.size() + static_cast<std::size_t>(variant)) *
        bytes;
    if (bytes == 0 || at + bytes > m_size || (m_grid->channels != 1 && m_grid->channels != 3))
        return {};
    const int width = static_cast<int>(m_grid->width), height = static_cast<int>(m_grid->height);
    return QImage(m_data + at, width, height, width * static_cast<int>(m_grid->channels),
                  m_grid->channels == 1 ? QImage::Format_Grayscale8 : QImage::Format_RGB888);
}

QVector<int> GridPixels::valuesAt(int index, int variant, const QPoint& pixel) const
{
    const QImage picture = image(index, variant);
    if (picture.isNull() || !picture.valid(pixel))
        return {};
    const uchar* line = picture.constScanLine(pixel.y());
    const int channels = static_cast<int>(m_grid->channels);
    QVector<int> values;
    for (int channel = 0; channel < channels; ++channel)
        values << line[pixel.x() * channels + channel];
    return values;
}

} // namespace assay::widgets
