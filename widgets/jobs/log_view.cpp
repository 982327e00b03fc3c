#include "widgets/jobs/log_view.h"

#include "widgets/jobs/log_delegate.h"
#include "widgets/jobs/log_model.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QScrollBar>
#include <QShortcut>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

using protocol::LogLevel;

void LogFilter::setLevel(LogLevel level)
{
    if (m_level == level)
        return;
    m_level = level;
    invalidateFilter();
}

void LogFilter::setWords(const QString& words)
{
    m_words = words.split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

bool LogFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    const QModelIndex index = sourceModel()->index(row, LogModel::TextColumn, parent);
    if (index.data(LogModel::LevelRole).toInt() < int(m_level))
        return false;
    const QString text = index.data(LogModel::TextRole).toString();
    return std::all_of(m_words.begin(), m_words.end(),
                       [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

LogView::LogView(EngineClient* client, QWidget* parent)
    : LogView(new LogModel, parent)
{
    m_model->setParent(this);
    m_model->follow(*client);
}

LogView::LogView(LogModel* model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_filter(new LogFilter(this))
    , m_level(new QComboBox(this))
    , m_words(new QLineEdit(this))
    , m_copy(new QToolButton(this))
    , m_clear(new QToolButton(this))
    , m_lines(new QTreeView(this))
    , m_delegate(new LogDelegate(this))
{
    setObjectName(QStringLiteral("logView"));
    setProperty("kind", QStringLiteral("panel"));
    setAttribute(Qt::WA_StyledBackground);
    m_filter->setSourceModel(model);
    m_level->setObjectName(QStringLiteral("logLevel"));
    m_level->setAccessibleName(tr("Least level shown"));
    m_level->addItem(tr("Everything"), int(LogLevel::Debug));
    m_level->addItem(tr("Information"), int(LogLevel::Info));
    m_level->addItem(tr("Warnings"), int(LogLevel::Warning));
    m_level->addItem(tr("Errors"), int(LogLevel::Error));
    m_level->setCurrentIndex(1);
    m_words->setObjectName(QStringLiteral("logWords"));
    m_words->setAccessibleName(tr("Words to look for"));
    m_words->setPlaceholderText(tr("Filter"));
    m_words->setProperty("kind", QStringLiteral("search"));
    m_words->setClearButtonEnabled(true);
    m_copy->setObjectName(QStringLiteral("logCopy"));
    m_copy->setAccessibleName(tr("Copy lines"));
    m_copy->setToolTip(tr("Copy the selected lines, or all that are shown (Ctrl+C)"));
    m_clear->setObjectName(QStringLiteral("logClear"));
    m_clear->setAccessibleName(tr("Clear the log"));
    m_clear->setToolTip(tr("Clear the log"));
    m_lines->setObjectName(QStringLiteral("logLines"));
    m_lines->setAccessibleName(tr("Log"));
    m_lines->setModel(m_filter);
    m_lines->setItemDelegate(m_delegate);
    m_lines->setRootIsDecorated(false);
    m_lines->setUniformRowHeights(true);
    m_lines->setHeaderHidden(true);
    m_lines->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_lines->setColumnHidden(LogModel::LevelColumn, true); // the colour says it; copied text says it in words
    m_lines->header()->setSectionResizeMode(LogModel::TimeColumn, QHeaderView::Fixed);
    m_lines->header()->resizeSection(LogModel::TimeColumn, fontMetrics().height() * 6);

    const int em = fontMetrics().height();
    auto* tools = new QHBoxLayout;
    tools->setContentsMargins(em / 2, em / 2, em / 2, 0);
    tools->setSpacing(em / 2);
    tools->addWidget(m_level);
    tools->addWidget(m_words, 1);
    tools->addWidget(m_copy);
    tools->addWidget(m_clear);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 4);
    layout->addLayout(tools);
    layout->addWidget(m_lines, 1);

    connect(m_level, &QComboBox::currentIndexChanged, this,
            [this] { m_filter->setLevel(LogLevel(m_level->currentData().toInt())); });
    connect(m_words, &QLineEdit::textChanged, m_filter, &LogFilter::setWords);
    connect(m_copy, &QToolButton::clicked, this, &LogView::copy);
    connect(m_clear, &QToolButton::clicked, model, &LogModel::clear);
    auto* keys = new QShortcut(QKeySequence::Copy, m_lines);
    keys->setContext(Qt::WidgetShortcut);
    connect(keys, &QShortcut::activated, this, &LogView::copy);
    connect(m_filter, &QAbstractItemModel::rowsAboutToBeInserted, this, [this] {
        const QScrollBar* bar = m_lines->verticalScrollBar();
        m_atEnd = bar->value() >= bar->maximum();
    });
    connect(m_filter, &QAbstractItemModel::rowsInserted, this, [this] {
        if (m_atEnd)
            m_lines->scrollToBottom();
    });
    setTheme(Theme::light());
}

void LogView::setTheme(const Theme& theme)
{
    m_delegate->setTheme(theme);
    m_copy->setIcon(theme.icon(QStringLiteral("copy"), theme.mutedText));
    m_clear->setIcon(theme.icon(QStringLiteral("trash"), theme.mutedText));
    m_lines->viewport()->update();
}

QString LogView::selectedText() const
{
    QList<int> rows;
    for (const QModelIndex& index : m_lines->selectionModel()->selectedRows())
        rows << index.row();
    if (rows.isEmpty()) {
        for (int row = 0; row < m_filter->rowCount(); ++row)
            rows << row;
    }
    std::sort(rows.begin(), rows.end());
    QStringList lines;
    for (const int row : rows) {
        const auto text = [&](int column) { return m_filter->index(row, column).data().toString(); };
        lines << QStringLiteral("%1 %2: %3")
                     .arg(text(LogModel::TimeColumn), text(LogModel::LevelColumn),
                          text(LogModel::TextColumn));
    }
    return lines.join(u'\n');
}

void LogView::copy() const
{
    QApplication::clipboard()->setText(selectedText());
}

} // namespace assay::widgets
