#pragma once

#include <QAbstractListModel>
#include <QList>
#include <QSortFilterProxyModel>
#include <QString>
#include <QStringList>

namespace assay::widgets {

/// One entry of the catalogue or the library, ready to be drawn.
struct CardItem
{
    QString id;
    QString title;
    QString body;     ///< one or two sentences, wrapped
    QString meta;     ///< one muted line of facts
    QString badge;    ///< short state at the right: "finished", "91.2 %"
    QString tone;     ///< of the badge: "good", "warning", "bad", "accent" or empty
    QString heading;  ///< group, drawn above the title in small letters
    QString warning;  ///< a sentence: a triangle before the title, and first in the tooltip
    QStringList tags; ///< a word or two each, before the facts: "ONNX", "predictions only"
    QString toolTip;
    QStringList searched; ///< what a search looks at, most important first
    double sortValue = 0; ///< ascending order when nothing is searched
    bool enabled = true;
    bool operator==(const CardItem&) const = default;
};

/// The list behind the catalogue and each list of the library.
class CardModel : public QAbstractListModel
{
    Q_OBJECT
public:
    enum Role {
        IdRole = Qt::UserRole,
        BodyRole,
        MetaRole,
        BadgeRole,
        ToneRole,
        HeadingRole,
        SearchRole,
        SortRole,
        EnabledRole,
        WarningRole,
        TagsRole,
    };

    using QAbstractListModel::QAbstractListModel;

    /// Replaces the entries; rows that stay keep their index, so that a refresh does not move the cursor.
    void setItems(const QList<CardItem>& items);
    const QList<CardItem>& items() const { return m_items; }
    int rowOf(const QString& id) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

private:
    QList<CardItem> m_items;
};

/// Shows what answers the search, best first; everything in its own order when nothing is searched.
class CardFilter : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    explicit CardFilter(QObject* parent = nullptr);
    void setQuery(const QString& query);
    const QString& query() const { return m_query; }

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    QString m_query;
};

} // namespace assay::widgets
