#pragma once

#include "widgets/theme/theme.h"

#include <QStyledItemDelegate>

namespace assay::widgets {

/// Draws a CardItem: as a card with heading, title, wrapped body and facts (Roomy), or as two dense lines
/// with a badge at the right (Compact).
class CardDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    enum class Density { Roomy, Compact };

    explicit CardDelegate(Density density, QObject* parent = nullptr);
    void setTheme(const Theme& theme) { m_theme = theme; }
    /// Width a Roomy card takes; Compact ones fill their view.
    void setCardWidth(int width) { m_cardWidth = width; }
    /// Lights the card of @p id up, to show where something has appeared. @p strength 0 (not) .. 1.
    void setFlash(const QString& id, double strength)
    {
        m_flashId = id;
        m_flash = strength;
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    void paintRoomy(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintCompact(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    int drawTags(QPainter* painter, const QRect& line, const QFont& font, const QStringList& tags) const;
    int availableWidth(const QStyleOptionViewItem& option) const;

    Density m_density;
    Theme m_theme = Theme::light();
    int m_cardWidth = 0;
    QString m_flashId;
    double m_flash = 0;
};

} // namespace assay::widgets
