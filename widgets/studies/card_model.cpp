#include "widgets/studies/card_model.h"

#include "widgets/studies/text_match.h"

#include <algorithm>

namespace assay::widgets {

void CardModel::setItems(const QList<CardItem>& items)
{
    const auto kept = [&items](const CardItem& old) {
        return std::any_of(items.begin(), items.end(),
                           [&](const CardItem& item) { return item.id == old.id; });
    };
    for (int row = int(m_items.size()) - 1; row >= 0; --row) {
        if (kept(m_items[row]))
            continue;
        beginRemoveRows({}, row, row);
        m_items.removeAt(row);
        endRemoveRows();
    }
    for (int row = 0; row < items.size(); ++row) {
        const int old = rowOf(items[row].id);
        if (old < 0) {
            beginInsertRows({}, row, row);
            m_items.insert(row, items[row]);
            endInsertRows();
        } else if (old != row) {
            beginMoveRows({}, old, old, {}, row);
            m_items.move(old, row);
            endMoveRows();
        }
        if (m_items[row] != items[row]) {
            m_items[row] = items[row];
            Q_EMIT dataChanged(index(row), index(row));
        }
    }
}

int CardModel::rowOf(const QString& id) const
{
    const auto it =
        std::find_if(m_items.begin(), m_items.end(), [&](const CardItem& i) { return i.id == id; });
    return it == m_items.end() ? -1 : int(it - m_items.begin());
}

int CardModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_items.size());
}

QVariant CardModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const CardItem& item = m_items[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return item.title;
    case Qt::ToolTipRole:
        return item.warning.isEmpty()   ? item.toolTip
               : item.toolTip.isEmpty() ? item.warning
                                        : item.warning + QStringLiteral("\n\n") + item.toolTip;
    case Qt::AccessibleTextRole: {
        QStringList parts{item.title, item.warning, item.body, item.tags.join(QStringLiteral(", ")),
                          item.meta,  item.badge};
        parts.removeAll(QString());
        return parts.join(QStringLiteral(". "));
    }
    case IdRole:
        return item.id;
    case BodyRole:
        return item.body;
    case MetaRole:
        return item.meta;
    case BadgeRole:
        return item.badge;
    case ToneRole:
        return item.tone;
    case HeadingRole:
        return item.heading;
    case SearchRole:
        return item.searched;
    case SortRole:
        return item.sortValue;
    case EnabledRole:
        return item.enabled;
    case WarningRole:
        return item.warning;
    case TagsRole:
        return item.tags;
    }
    return {};
}

QHash<int, QByteArray> CardModel::roleNames() const
{
    QHash<int, QByteArray> names = QAbstractListModel::roleNames();
    names.insert({{IdRole, "id"},
                  {BodyRole, "body"},
                  {MetaRole, "meta"},
                  {BadgeRole, "badge"},
                  {ToneRole, "tone"},
                  {HeadingRole, "heading"},
                  {SearchRole, "searched"},
                  {SortRole, "sortValue"},
                  {EnabledRole, "enabled"},
                  {WarningRole, "warning"},
                  {TagsRole, "tags"}});
    return names;
}

CardFilter::CardFilter(QObject* parent)
    : QSortFilterProxyModel(parent)
{
    sort(0);
}

void CardFilter::setQuery(const QString& query)
{
    const QString trimmed = query.trimmed();
    if (trimmed == m_query)
        return;
    m_query = trimmed;
    invalidate();
}

bool CardFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    const QModelIndex index = sourceModel()->index(row, 0, parent);
    return matchScore(m_query, index.data(CardModel::SearchRole).toStringList()) >= 0;
}

bool CardFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    if (!m_query.isEmpty()) {
        const int a = matchScore(m_query, left.data(CardModel::SearchRole).toStringList());
        const int b = matchScore(m_query, right.data(CardModel::SearchRole).toStringList());
        if (a != b)
            return a > b;
    }
    const double a = left.data(CardModel::SortRole).toDouble();
    const double b = right.data(CardModel::SortRole).toDouble();
    return a != b ? a < b : left.row() < right.row();
}

} // namespace assay::widgets
