#include "widgets/studies/catalogue_view.h"

#include "widgets/studies/card_delegate.h"
#include "widgets/studies/card_items.h"
#include "widgets/studies/text_kit.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QStackedWidget>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kCardWidthInEm = 30;

} // namespace

CatalogueView::CatalogueView(QWidget* parent)
    : QWidget(parent)
    , m_model(new CardModel(this))
    , m_filter(new CardFilter(this))
    , m_delegate(new CardDelegate(CardDelegate::Density::Roomy, this))
    , m_search(new QLineEdit(this))
    , m_list(new QListView(this))
    , m_pages(new QStackedWidget(this))
    , m_message(makeText("muted", {}, this))
{
    setObjectName(QStringLiteral("catalogueView"));
    m_filter->setSourceModel(m_model);

    auto* title = makeText("title", tr("What do you want to know?"), this);
    auto* hint = makeText(
        "muted", tr("Each study answers one question about a vision model. Choose one to set it up."), this);
    hint->setWordWrap(true);

    m_search->setObjectName(QStringLiteral("catalogueSearch"));
    m_search->setAccessibleName(tr("Search studies"));
    m_search->setPlaceholderText(tr("Search: transfer, same mistake, calibration …"));
    m_search->setClearButtonEnabled(true);
    m_search->installEventFilter(this);

    m_list->setObjectName(QStringLiteral("catalogueList"));
    m_list->setAccessibleName(tr("Studies"));
    m_list->setModel(m_filter);
    m_list->setItemDelegate(m_delegate);
    m_list->setViewMode(QListView::IconMode);
    m_list->setMovement(QListView::Static);
    m_list->setResizeMode(QListView::Adjust);
    m_list->setDragEnabled(false);
    m_list->setMouseTracking(true);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setStyleSheet(QStringLiteral("QListView { background: transparent; }"));
    m_list->viewport()->installEventFilter(this);

    m_message->setAlignment(Qt::AlignCenter);
    m_message->setWordWrap(true);
    m_pages->addWidget(m_list);
    m_pages->addWidget(m_message);

    const int em = fontMetrics().height();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * em, 3 * em / 2, 2 * em, em);
    layout->setSpacing(em / 2);
    layout->addWidget(title);
    layout->addWidget(hint);
    layout->addSpacing(em / 2);
    layout->addWidget(m_search);
    layout->addWidget(m_pages, 1);

    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_filter->setQuery(text);
        m_list->setCurrentIndex(m_filter->index(0, 0));
        updatePage();
    });
    connect(m_search, &QLineEdit::returnPressed, this, [this] { choose(m_list->currentIndex()); });
    connect(m_list, &QListView::clicked, this, &CatalogueView::choose);
    connect(m_list, &QListView::activated, this, &CatalogueView::choose);
    updatePage();
}

void CatalogueView::setCatalogue(const Catalogue& catalogue)
{
    m_model->setItems(studyItems(catalogue));
    updatePage();
}

void CatalogueView::setWaiting(const QString& sentence)
{
    m_waiting = sentence;
    updatePage();
}

void CatalogueView::setTheme(const Theme& theme)
{
    m_delegate->setTheme(theme);
    m_list->viewport()->update();
}

void CatalogueView::focusSearch()
{
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

bool CatalogueView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_list->viewport() && event->type() == QEvent::Resize)
        updateColumns();
    if (watched == m_search && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Up) {
            m_list->setFocus();
            if (!m_list->currentIndex().isValid())
                m_list->setCurrentIndex(m_filter->index(0, 0));
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void CatalogueView::choose(const QModelIndex& index)
{
    const QModelIndex chosen = index.isValid() ? index : m_filter->index(0, 0);
    if (chosen.isValid())
        Q_EMIT studyChosen(chosen.data(CardModel::IdRole).toString());
}

void CatalogueView::updateColumns()
{
    const int width = m_list->viewport()->width() - style()->pixelMetric(QStyle::PM_ScrollBarExtent);
    const int columns = std::max(1, width / (kCardWidthInEm * fontMetrics().height()));
    const int card = width / columns;
    m_delegate->setCardWidth(card);

    // Cards of one height make calm rows: the tallest one decides.
    QStyleOptionViewItem option;
    option.font = m_list->font();
    option.widget = m_list;
    int height = 0;
    for (int row = 0; row < m_filter->rowCount(); ++row)
        height = std::max(height, m_delegate->sizeHint(option, m_filter->index(row, 0)).height());
    m_list->setGridSize(height > 0 ? QSize(card, height) : QSize());
}

void CatalogueView::updatePage()
{
    updateColumns();
    if (m_model->rowCount() == 0) {
        m_message->setText(m_waiting.isEmpty() ? tr("The engine is starting. The studies appear in a moment.")
                                               : m_waiting);
    } else {
        m_message->setText(tr("No study answers “%1”.").arg(m_filter->query()));
    }
    m_pages->setCurrentIndex(m_filter->rowCount() > 0 ? 0 : 1);
}

} // namespace assay::widgets
