#include "widgets/studies/library_view.h"

#include "widgets/studies/card_model.h"

#include <QListView>
#include <QMenu>
#include <QToolButton>

namespace assay::widgets {

QToolButton* LibraryView::makeReportButton()
{
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("libraryNewReport"));
    button->setProperty("kind", QStringLiteral("outlined"));
    button->setText(tr("New"));
    button->setToolTip(tr("A new, empty report"));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(button, &QToolButton::clicked, this, &LibraryView::reportRequested);
    return button;
}

void LibraryView::setReports(const QList<CardItem>& reports)
{
    m_reports.model->setItems(reports);
    updatePages();
    showAwaited();
}

void LibraryView::showReportMenu(const QPoint& position)
{
    const QModelIndex index = m_reports.view->indexAt(position);
    if (!index.isValid())
        return;
    const QString name = index.data(CardModel::IdRole).toString();
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("reportMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Open"), this, [this, name] { Q_EMIT reportOpened(name); });
    menu->addAction(tr("Rename"), this, [this, name] { Q_EMIT reportRenamed(name); });
    menu->addAction(tr("Show folder"), this, [this, name] { Q_EMIT reportRevealed(name); });
    menu->addSeparator();
    QAction* remove = menu->addAction(tr("Delete"), this, [this, name] { Q_EMIT reportDeleted(name); });
    remove->setObjectName(QStringLiteral("deleteReport"));
    remove->setShortcut(QKeySequence::Delete);
    menu->popup(m_reports.view->viewport()->mapToGlobal(position));
}

} // namespace assay::widgets
