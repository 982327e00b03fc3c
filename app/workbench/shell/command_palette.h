#pragma once

#include "widgets/studies/card_model.h"
#include "widgets/theme/theme.h"

#include <QFrame>
#include <QPointer>

class QLineEdit;
class QListView;

namespace assay::widgets {
class CardDelegate;
}

namespace assay::workbench {

/// A search over everything the window can do: commands, studies, runs. Lies over the window, closes with
/// Escape or when something is chosen.
class CommandPalette : public QFrame
{
    Q_OBJECT
public:
    explicit CommandPalette(QWidget* window);

    /// Shows the palette over @p items; chosen() names the id of one of them.
    void open(const QList<widgets::CardItem>& items);
    void setTheme(const widgets::Theme& theme);

Q_SIGNALS:
    void chosen(const QString& id);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void choose(const QModelIndex& index);
    void dismiss();

    widgets::CardModel* m_model;
    widgets::CardFilter* m_filter;
    widgets::CardDelegate* m_delegate;
    QLineEdit* m_search;
    QListView* m_list;
    QPointer<QWidget> m_before; ///< had the focus
};

} // namespace assay::workbench
