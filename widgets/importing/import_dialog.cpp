#include "widgets/importing/import_dialog.h"

#include "widgets/importing/import_file_delegate.h"
#include "widgets/importing/import_page.h"
#include "widgets/studies/text_kit.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QListView>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QVBoxLayout>

namespace assay::widgets {

using State = ImportFile::State;

ImportDialog::ImportDialog(AskEngine ask, QWidget* parent)
    : QDialog(parent)
    , m_files(new ImportList(std::move(ask), this))
    , m_view(new QListView(this))
    , m_delegate(new ImportFileDelegate(m_view))
    , m_page(new ImportPage(this))
    , m_reason(makeParagraph("muted", {}, this))
    , m_importAll(new QPushButton(this))
    , m_import(new QPushButton(tr("Import"), this))
    , m_close(new QPushButton(tr("Cancel"), this))
{
    setObjectName(QStringLiteral("importDialog"));
    setWindowTitle(tr("Import"));
    setAcceptDrops(true);
    const int em = fontMetrics().height();
    m_view->setObjectName(QStringLiteral("importFiles"));
    m_view->setAccessibleName(tr("Files to import"));
    m_view->setModel(m_files);
    m_view->setItemDelegate(m_delegate);
    m_view->setFixedWidth(em * 12);
    m_view->setUniformItemSizes(true);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->hide();

    auto* middle = new QHBoxLayout;
    middle->setSpacing(em);
    middle->addWidget(m_view);
    middle->addWidget(m_page, 1);
    auto* line = new QFrame(this);
    line->setProperty("kind", QStringLiteral("line"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(em * 5 / 4, em * 5 / 4, em / 4, em);
    layout->setSpacing(em * 3 / 4);
    layout->addLayout(middle, 1);
    layout->addWidget(line);
    layout->addWidget(makeFoot());
    resize(QSize(em * 44, em * 40).boundedTo(screen()->availableSize() * 0.9));

    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& index) {
                if (index.isValid() && index.row() != m_row)
                    showFile(index.row(), true);
            });
    connect(m_files, &ImportList::changed, this, &ImportDialog::takeChange);
    connect(m_files, &ImportList::imported, this, &ImportDialog::takeImported);
    connect(m_page, &ImportPage::corrected, this, [this] {
        if (m_page->isValid())
            m_files->correct(m_row, m_page->corrections());
        else
            m_files->hold(m_row);
    });
    connect(m_page, &ImportPage::stopRequested, this, [this] { m_files->stop(m_row); });
    connect(m_page, &ImportPage::lookRequested, this, [this] { m_files->look(m_row); });
    connect(m_import, &QPushButton::clicked, this, [this] { m_files->import(m_row); });
    connect(m_importAll, &QPushButton::clicked, m_files, &ImportList::importReady);
    connect(m_close, &QPushButton::clicked, this, &QDialog::reject);
}

QWidget* ImportDialog::makeFoot()
{
    const int em = fontMetrics().height();
    m_reason->setObjectName(QStringLiteral("importReason"));
    m_import->setObjectName(QStringLiteral("importButton"));
    m_import->setProperty("kind", QStringLiteral("primary"));
    m_import->setDefault(true);
    m_importAll->setObjectName(QStringLiteral("importAll"));
    m_importAll->setAutoDefault(false);
    m_importAll->hide();
    m_close->setObjectName(QStringLiteral("importClose"));
    m_close->setAutoDefault(false);
    auto* foot = new QWidget(this);
    auto* layout = new QHBoxLayout(foot);
    layout->setContentsMargins(0, 0, em, 0);
    layout->setSpacing(em / 2);
    layout->addWidget(m_reason, 1);
    layout->addWidget(m_close);
    layout->addWidget(m_importAll);
    layout->addWidget(m_import);
    return foot;
}

void ImportDialog::setChoices(const FormChoices& choices)
{
    m_page->setChoices(choices);
}

void ImportDialog::setTheme(const Theme& theme)
{
    m_delegate->setTheme(theme);
    m_view->viewport()->update();
    m_page->setTheme(theme);
}

void ImportDialog::add(const QString& path, const QString& hint, const Json& corrections)
{
    m_files->add(path, hint, corrections);
    m_view->setVisible(m_files->count() > 1);
    if (m_row < 0)
        setCurrentRow(0);
    updateFoot();
}

void ImportDialog::setCurrentRow(int row)
{
    m_view->setCurrentIndex(m_files->index(row));
    if (row != m_row)
        showFile(row, true);
}

void ImportDialog::showFile(int row, bool fresh)
{
    if (fresh && m_row >= 0)
        m_files->hurry();
    m_row = row;
    if (fresh)
        m_files->setCurrent(row);
    const ImportFile& file = m_files->file(row);
    const bool anew = m_page->show(file, fresh);
    updateFoot();
    // The keyboard goes to what is asked, but not away from the list or from another field.
    if (anew && file.state == State::Asking && !m_view->hasFocus() && !m_page->isEditing())
        m_page->focusAsked();
    // Where nothing has been touched, Enter and the space bar import what is ready.
    if (file.state == State::Ready && (!focusWidget() || focusWidget() == m_close))
        m_import->setFocus(Qt::OtherFocusReason);
}

void ImportDialog::takeChange(int row)
{
    if (row == m_row)
        showFile(row, false);
    else
        updateFoot();
}

void ImportDialog::takeImported(const QString& kind, const QString& name, const QString& path)
{
    Q_EMIT imported(kind, name, path);
    int next = -1;
    for (int row = m_files->count() - 1; row >= 0; --row) {
        if (m_files->file(row).state != State::Added)
            next = row;
    }
    if (next < 0)
        accept();
    else if (m_files->file(m_row).state == State::Added)
        setCurrentRow(next);
}

void ImportDialog::updateFoot()
{
    if (m_row < 0)
        return;
    const ImportFile& file = m_files->file(m_row);
    const QString obstacle = file.obstacle();
    m_import->setEnabled(obstacle.isEmpty());
    m_import->setToolTip(obstacle.isEmpty() ? tr("Writes a card to the workspace; the file stays where it is")
                                            : obstacle);
    m_reason->setText(obstacle.isEmpty() ? tr("The file stays where it is and is not changed.") : obstacle);
    const int ready = m_files->readyCount();
    m_importAll->setVisible(m_files->count() > 1);
    m_importAll->setText(tr("Import all that are ready (%1)").arg(ready));
    m_importAll->setEnabled(ready > 0);
    bool added = false;
    for (int row = 0; row < m_files->count(); ++row)
        added = added || m_files->file(row).state == State::Added;
    m_close->setText(added ? tr("Close") : tr("Cancel"));
}

void ImportDialog::keyPressEvent(QKeyEvent* event)
{
    // Enter while the last keystroke still waits for its pause: look now; the next Enter imports.
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        m_files->hurry();
    QDialog::keyPressEvent(event);
}

void ImportDialog::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void ImportDialog::dropEvent(QDropEvent* event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    for (const QUrl& url : urls) {
        if (url.isLocalFile())
            add(url.toLocalFile());
    }
    event->acceptProposedAction();
}

} // namespace assay::widgets
