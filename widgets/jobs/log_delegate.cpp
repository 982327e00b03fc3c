#include "widgets/jobs/log_delegate.h"

#include "widgets/jobs/log_model.h"

namespace assay::widgets {

LogDelegate::LogDelegate(QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(Theme::light())
{}

void LogDelegate::setTheme(const Theme& theme)
{
    m_theme = theme;
}

void LogDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const auto level = protocol::LogLevel(index.data(LogModel::LevelRole).toInt());
    QColor ink = m_theme.text;
    if (level == protocol::LogLevel::Error)
        ink = m_theme.bad;
    else if (level == protocol::LogLevel::Warning)
        ink = m_theme.warning;
    else if (level == protocol::LogLevel::Debug || index.column() != LogModel::TextColumn)
        ink = m_theme.mutedText;
    option->palette.setColor(QPalette::Text, ink);
    option->palette.setColor(QPalette::HighlightedText, ink);
    if (index.column() != LogModel::TextColumn)
        option->font = m_theme.monoFont();
}

} // namespace assay::widgets
