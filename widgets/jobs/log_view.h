#pragma once

#include "backend/protocol/event.h"
#include "widgets/theme/theme.h"

#include <QSortFilterProxyModel>
#include <QWidget>

class QComboBox;
class QLineEdit;
class QToolButton;
class QTreeView;

namespace assay::widgets {

class EngineClient;
class LogDelegate;
class LogModel;

/// Lines of at least a level whose text contains some words.
class LogFilter : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setLevel(protocol::LogLevel level);
    void setWords(const QString& words);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    protocol::LogLevel m_level = protocol::LogLevel::Info;
    QStringList m_words;
};

/// A log with a level, a filter and a way to copy; follows its end unless one has scrolled up. A
/// model given to the view outlives it.
class LogView : public QWidget
{
    Q_OBJECT
public:
    explicit LogView(LogModel* model, QWidget* parent = nullptr);
    /// What the engine says, in a model of the view's own.
    explicit LogView(EngineClient* client, QWidget* parent = nullptr);
    LogModel* model() const { return m_model; }
    void setTheme(const Theme& theme);
    /// The selected lines, or all that are shown when none is: "12:03:04 warning: text" each.
    QString selectedText() const;
    void copy() const;

private:
    LogModel* m_model;
    LogFilter* m_filter;
    QComboBox* m_level;
    QLineEdit* m_words;
    QToolButton* m_copy;
    QToolButton* m_clear;
    QTreeView* m_lines;
    LogDelegate* m_delegate;
    bool m_atEnd = true;
};

} // namespace assay::widgets
