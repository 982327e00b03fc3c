#include "widgets/plugins/plugin_manager.h"

#include "widgets/plugins/plugin_page.h"
#include "widgets/studies/card_delegate.h"
#include "widgets/studies/text_kit.h"

#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QListView>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

PluginManager::PluginManager(QWidget* parent)
    : QDialog(parent)
    , m_model(new CardModel(this))
    , m_delegate(new CardDelegate(CardDelegate::Density::Compact, this))
    , m_view(new QListView(this))
    , m_page(new PluginPage(this))
{
    setObjectName(QStringLiteral("pluginManager"));
    setWindowTitle(tr("Plugins"));
    const int em = fontMetrics().height();
    resize(58 * em, 32 * em);         // a hash in one line
    setMinimumSize(42 * em, 24 * em); // a path in the error beside the list
    m_view->setObjectName(QStringLiteral("pluginList"));
    m_view->setAccessibleName(tr("Plugins"));
    m_view->setModel(m_model);
    m_view->setItemDelegate(m_delegate);
    m_view->setMouseTracking(true);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setResizeMode(QListView::Adjust);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setMinimumWidth(11 * em);
    m_page->setMinimumWidth(26 * em);
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(m_view);
    splitter->addWidget(m_page);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({17 * em, 41 * em});
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(em, em, em, em);
    layout->setSpacing(em / 2);
    layout->addWidget(splitter, 1);
    layout->addWidget(makeFoot());
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &PluginManager::showCurrent);
    connect(m_page, &PluginPage::allowRequested, this, &PluginManager::allowRequested);
    connect(m_page, &PluginPage::enableRequested, this, &PluginManager::enableRequested);
    connect(m_page, &PluginPage::revealRequested, this, &PluginManager::revealRequested);
    updateFoot();
}

QWidget* PluginManager::makeFoot()
{
    auto* foot = new QWidget(this);
    const int em = fontMetrics().height();
    m_message = makeParagraph("muted", {}, foot);
    m_message->setObjectName(QStringLiteral("pluginMessage"));
    m_check = new QPushButton(tr("Check again"), foot);
    m_check->setObjectName(QStringLiteral("pluginCheck"));
    m_check->setToolTip(tr("Looks for new files and tries every plugin in a process of its own"));
    m_restart = new QPushButton(tr("Restart the engine"), foot);
    m_restart->setObjectName(QStringLiteral("pluginRestart"));
    m_restart->setProperty("kind", QStringLiteral("primary"));
    auto* close = new QPushButton(tr("Close"), foot);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(em / 2);
    buttons->addWidget(m_check);
    buttons->addStretch(1);
    buttons->addWidget(m_restart);
    buttons->addWidget(close);
    auto* layout = new QVBoxLayout(foot);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 2);
    layout->addWidget(m_message);
    layout->addLayout(buttons);
    for (QPushButton* button : {m_check, m_restart, close})
        button->setAutoDefault(false);
    connect(m_check, &QPushButton::clicked, this, &PluginManager::checkRequested);
    connect(m_restart, &QPushButton::clicked, this, &PluginManager::restartRequested);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    return foot;
}

void PluginManager::setPlugins(const QList<PluginEntry>& plugins)
{
    m_plugins = plugins;
    QList<CardItem> items;
    for (const PluginEntry& entry : plugins)
        items.append(entry.card());
    m_model->setItems(items);
    if (!m_view->currentIndex().isValid() && m_model->rowCount() > 0)
        m_view->setCurrentIndex(m_model->index(0));
    showCurrent();
    updateFoot();
}

void PluginManager::setBusy(const QString& sentence)
{
    m_busy = true;
    setTextKind(m_message, "muted");
    m_message->setText(sentence);
    showCurrent();
    updateFoot();
}

void PluginManager::setIdle(const QString& error)
{
    m_busy = false;
    setTextKind(m_message, error.isEmpty() ? "muted" : "problem");
    m_message->setText(error);
    showCurrent();
    updateFoot();
}

void PluginManager::setTheme(const Theme& theme)
{
    m_delegate->setTheme(theme);
    m_view->viewport()->update();
}

void PluginManager::select(const QString& file)
{
    const int row = m_model->rowOf(file);
    if (row >= 0)
        m_view->setCurrentIndex(m_model->index(row));
}

void PluginManager::showCurrent()
{
    const int row = m_view->currentIndex().row();
    if (row >= 0 && row < m_plugins.size())
        m_page->showPlugin(m_plugins[row], m_busy);
    else
        m_page->clear();
}

void PluginManager::updateFoot()
{
    const bool restart = std::any_of(m_plugins.begin(), m_plugins.end(),
                                     [](const PluginEntry& entry) { return entry.restart; });
    m_restart->setVisible(restart);
    m_restart->setEnabled(!m_busy);
    m_check->setEnabled(!m_busy);
    if (!m_busy && m_message->text().isEmpty() && restart) {
        setTextKind(m_message, "muted");
        m_message->setText(tr("What was changed takes effect when the engine is restarted."));
    }
    m_message->setVisible(!m_message->text().isEmpty());
}

} // namespace assay::widgets
