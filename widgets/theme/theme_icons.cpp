#include "widgets/theme/theme.h"

#include <QDir>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace assay::widgets {

namespace {

/// Draws one line icon in the colour its mode asks for, at whatever size it is wanted.
class TintedIcon : public QIconEngine
{
public:
    TintedIcon(QByteArray svg, QString name, QColor normal, QColor disabled)
        : m_svg(std::move(svg))
        , m_name(std::move(name))
        , m_normal(std::move(normal))
        , m_disabled(std::move(disabled))
    {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        QByteArray svg = m_svg;
        svg.replace("currentColor", colour(mode).name().toLatin1());
        QSvgRenderer renderer(svg);
        painter->setRenderHint(QPainter::Antialiasing);
        renderer.render(painter, rect);
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        const QString key = QStringLiteral("assay-icon-%1-%2-%3-%4")
                                .arg(m_name, colour(mode).name())
                                .arg(size.width())
                                .arg(size.height());
        QPixmap result;
        if (QPixmapCache::find(key, &result))
            return result;
        result = QPixmap(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        painter.end();
        QPixmapCache::insert(key, result);
        return result;
    }

    QIconEngine* clone() const override { return new TintedIcon(*this); }

private:
    const QColor& colour(QIcon::Mode mode) const { return mode == QIcon::Disabled ? m_disabled : m_normal; }

    QByteArray m_svg;
    QString m_name;
    QColor m_normal;
    QColor m_disabled;
};

} // namespace

QIcon Theme::icon(const QString& name) const
{
    return icon(name, text);
}

QIcon Theme::icon(const QString& name, const QColor& tint) const
{
    QFile file(QStringLiteral(":/assay/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QColor faint =
        QColor::fromRgbF((tint.redF() + 2 * panel.redF()) / 3, (tint.greenF() + 2 * panel.greenF()) / 3,
                         (tint.blueF() + 2 * panel.blueF()) / 3);
    return QIcon(new TintedIcon(file.readAll(), name, tint, faint));
}

QStringList Theme::iconNames()
{
    QStringList names;
    for (const QString& file :
         QDir(QStringLiteral(":/assay/icons")).entryList({"*.svg"}, QDir::Files, QDir::Name))
        names << file.chopped(4);
    return names;
}

} // namespace assay::widgets
