#pragma once

#include "widgets/theme/theme.h"

#include <QPersistentModelIndex>
#include <QStyledItemDelegate>

namespace assay::widgets {

/// A job in two lines: its title and state, its progress bar, and what it is doing; a cross at the right
/// cancels it.
class JobDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    explicit JobDelegate(QObject* parent = nullptr);
    void setTheme(const Theme& theme);

    /// Where the cross of a row is.
    static QRect cancelRect(const QStyleOptionViewItem& option);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

Q_SIGNALS:
    void cancelRequested(const QString& run);

protected:
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                     const QModelIndex& index) override;
    bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

private:
    void paintTexts(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintBar(QPainter* painter, const QRect& bar, double fraction) const;
    QColor stateColour(const QString& state) const;

    Theme m_theme;
};

} // namespace assay::widgets
