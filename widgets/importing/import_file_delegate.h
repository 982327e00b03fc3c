#pragma once

#include "widgets/theme/theme.h"

#include <QStyledItemDelegate>

namespace assay::widgets {

/// A file of the import dialogue in its list: its name after an icon that tells its state by shape and
/// colour.
class ImportFileDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void setTheme(const Theme& theme) { m_theme = theme; }

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    Theme m_theme = Theme::light();
};

} // namespace assay::widgets
