#pragma once

#include <QImage>
#include <QStringList>
#include <QVector>
#include <QWidget>

namespace assay::widgets {

/// Variants of one image side by side, enlarged without smoothing, each with its name beneath.
class VariantView : public QWidget
{
    Q_OBJECT
public:
    explicit VariantView(QWidget* parent = nullptr);
    void setImages(const QVector<QImage>& images, const QStringList& names);

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int columns(int width) const;

    QVector<QImage> m_images;
    QStringList m_names;
};

} // namespace assay::widgets
