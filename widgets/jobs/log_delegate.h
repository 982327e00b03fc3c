#pragma once

#include "widgets/theme/theme.h"

#include <QStyledItemDelegate>

namespace assay::widgets {

/// Colours a log line by its level.
class LogDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    explicit LogDelegate(QObject* parent = nullptr);
    void setTheme(const Theme& theme);

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    Theme m_theme;
};

} // namespace assay::widgets
