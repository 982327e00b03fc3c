#include "widgets/forms/check_list_control.h"

#include "widgets/forms/choice_delegate.h"
#include "widgets/forms/number_text.h"
#include "widgets/theme/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QStandardItemModel>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

constexpr int kRowsInSight = 7;
constexpr int kFilterFrom = 7; // fewer rows are read faster than filtered
constexpr int kNameRole = Qt::UserRole + 1;

} // namespace

CheckListControl::CheckListControl(const protocol::Field& field, const QList<FormChoices::Choice>& choices,
                                   QWidget* parent)
    : FieldControl(field, parent)
    , m_choices(choices)
    , m_filter(new QLineEdit(this))
    , m_count(new QLabel(this))
    , m_all(new QPushButton(tr("All"), this))
    , m_none(new QPushButton(tr("None"), this))
    , m_view(new QListView(this))
    , m_model(new QStandardItemModel(this))
{
    const QString name = QString::fromStdString(field.name);
    setMain(m_view);
    m_filter->setObjectName(QStringLiteral("filter:") + name);
    m_filter->setProperty("kind", QStringLiteral("search"));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setAccessibleName(tr("Filter of %1").arg(QString::fromStdString(field.label)));
    m_filter->setClearButtonEnabled(true);
    m_count->setObjectName(QStringLiteral("count:") + name);
    m_count->setProperty("kind", QStringLiteral("small"));
    m_all->setObjectName(QStringLiteral("all:") + name);
    m_none->setObjectName(QStringLiteral("none:") + name);
    for (QPushButton* button : {m_all, m_none}) {
        button->setProperty("kind", QStringLiteral("flat"));
        button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    }
    m_view->setModel(m_model);
    m_view->setItemDelegate(new ChoiceDelegate(m_view));
    m_view->setUniformItemSizes(true);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setDragDropMode(QAbstractItemView::InternalMove);
    m_view->setDefaultDropAction(Qt::MoveAction);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setToolTip(tr("Alt+Up and Alt+Down move a row"));
    m_view->installEventFilter(this);

    auto* tools = new QHBoxLayout;
    tools->setSpacing(fontMetrics().height() / 3);
    tools->addWidget(m_filter, 1);
    tools->addWidget(m_count);
    tools->addStretch(0);
    tools->addWidget(m_all);
    tools->addWidget(m_none);
    auto* frame = new QFrame(this);
    frame->setProperty("kind", QStringLiteral("card"));
    auto* inner = new QVBoxLayout(frame);
    inner->setContentsMargins(3, 3, 3, 3);
    inner->addWidget(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(fontMetrics().height() / 4);
    layout->addLayout(tools);
    layout->addWidget(frame);
    setTabOrder(m_filter, m_all);
    setTabOrder(m_all, m_none);
    setTabOrder(m_none, m_view);

    for (const FormChoices::Choice& choice : choices)
        append(choice);
    fitHeight();
    connect(m_filter, &QLineEdit::textChanged, this, &CheckListControl::applyFilter);
    connect(m_all, &QPushButton::clicked, this, [this] { checkAll(true); });
    connect(m_none, &QPushButton::clicked, this, [this] { checkAll(false); });
    // Queued: a dragged row is for a moment in the list twice.
    connect(m_model, &QStandardItemModel::itemChanged, this, &CheckListControl::report, Qt::QueuedConnection);
    connect(m_model, &QStandardItemModel::rowsRemoved, this, &CheckListControl::report, Qt::QueuedConnection);
}

void CheckListControl::append(const FormChoices::Choice& choice)
{
    auto* item = new QStandardItem(choice.title);
    item->setData(choice.name, kNameRole);
    item->setData(choice.detail, ChoiceDelegate::DetailRole);
    item->setData(choice.toolTip(), Qt::ToolTipRole);
    item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemIsDragEnabled |
                   (choice.problem.isEmpty() ? Qt::ItemIsEnabled : Qt::NoItemFlags));
    item->setCheckState(Qt::Unchecked);
    m_model->appendRow(item);
}

Json CheckListControl::value() const
{
    Json names = Json::array();
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QStandardItem* item = m_model->item(row);
        if (item && item->checkState() == Qt::Checked)
            names.push_back(item->data(kNameRole).toString().toStdString());
    }
    return names;
}

void CheckListControl::setValue(const Json& value)
{
    const Json list = value.is_array() ? value : value.is_null() ? Json::array() : Json::array({value});
    const QScopedValueRollback quiet(m_quiet, true);
    QStringList wanted;
    for (const Json& item : list)
        wanted << valueText(item);
    const auto nameAt = [this](int row) { return m_model->item(row)->data(kNameRole).toString(); };
    for (const QString& name : wanted) {
        bool known = false;
        for (int row = 0; row < m_model->rowCount() && !known; ++row)
            known = nameAt(row) == name;
        if (!known)
            append({name, name, {}, {}});
    }
    for (int row = 0; row < m_model->rowCount(); ++row)
        m_model->item(row)->setCheckState(wanted.contains(nameAt(row)) ? Qt::Checked : Qt::Unchecked);
    // The chosen ones take the order of the value within the places they have; the others stay.
    if (this->value() != list) {
        QList<int> places;
        QHash<QString, QStandardItem*> items;
        for (int row = m_model->rowCount() - 1; row >= 0; --row) {
            if (wanted.contains(nameAt(row))) {
                places.prepend(row);
                const QString name = nameAt(row);
                items.insert(name, m_model->takeItem(row));
            }
        }
        qsizetype next = 0;
        for (const QString& name : wanted) {
            if (QStandardItem* item = items.take(name); item && next < places.size())
                m_model->setItem(places[next++], item);
        }
    }
    m_last = this->value();
    updateCount();
    fitHeight();
}

void CheckListControl::setOffered(const std::vector<Json>& offered)
{
    const QScopedValueRollback quiet(m_quiet, true);
    const Json before = value();
    m_model->clear();
    for (const Json& item : offered) {
        const QString name = valueText(item);
        const auto known =
            std::find_if(m_choices.begin(), m_choices.end(), [&](const auto& c) { return c.name == name; });
        append(known == m_choices.end() ? FormChoices::Choice{name, name, {}, {}} : *known);
    }
    Json kept = Json::array();
    for (const Json& name : before) {
        if (std::find(offered.begin(), offered.end(), name) != offered.end())
            kept.push_back(name);
    }
    setValue(kept);
}

bool CheckListControl::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->modifiers() == Qt::AltModifier && (key->key() == Qt::Key_Up || key->key() == Qt::Key_Down)) {
            move(key->key() == Qt::Key_Up ? -1 : 1);
            return true;
        }
    }
    return FieldControl::eventFilter(watched, event);
}

void CheckListControl::move(int by)
{
    const int row = m_view->currentIndex().row();
    const int to = row + by;
    if (row < 0 || to < 0 || to >= m_model->rowCount())
        return;
    m_model->insertRow(to, m_model->takeRow(row));
    m_view->setCurrentIndex(m_model->index(to, 0));
    applyFilter();
}

void CheckListControl::applyFilter()
{
    const QString text = m_filter->text().trimmed();
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QStandardItem* item = m_model->item(row);
        const bool hit = item->text().contains(text, Qt::CaseInsensitive) ||
                         item->data(kNameRole).toString().contains(text, Qt::CaseInsensitive);
        m_view->setRowHidden(row, !hit);
    }
}

void CheckListControl::checkAll(bool checked)
{
    for (int row = 0; row < m_model->rowCount(); ++row) {
        QStandardItem* item = m_model->item(row);
        if (item->isEnabled() && !m_view->isRowHidden(row))
            item->setCheckState(checked ? Qt::Checked : Qt::Unchecked);
    }
}

void CheckListControl::report()
{
    const Json now = value();
    if (m_quiet || now == m_last)
        return;
    m_last = now;
    updateCount();
    step();
}

void CheckListControl::updateCount()
{
    m_count->setText(tr("%1 of %2").arg(m_last.size()).arg(m_model->rowCount()));
}

void CheckListControl::fitHeight()
{
    const int rows = m_model->rowCount();
    m_filter->setVisible(rows >= kFilterFrom);
    const int row = std::max(m_view->sizeHintForRow(0), fontMetrics().height() * 3 / 2);
    m_view->setFixedHeight(row * std::clamp(rows, 1, kRowsInSight) + 2);
}

} // namespace assay::widgets
