#pragma once

#include "widgets/theme/theme.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QListView;
class QStackedWidget;

namespace assay::widgets {

struct Catalogue;
class CardDelegate;
class CardFilter;
class CardModel;

/// The studies as cards with the question each answers, and a search over titles, keywords and questions.
class CatalogueView : public QWidget
{
    Q_OBJECT
public:
    explicit CatalogueView(QWidget* parent = nullptr);

    void setCatalogue(const Catalogue& catalogue);
    /// What is shown while there is no catalogue: that the engine is starting, or why it is not.
    void setWaiting(const QString& sentence);
    void setTheme(const Theme& theme);
    void focusSearch();

Q_SIGNALS:
    void studyChosen(const QString& study);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void choose(const QModelIndex& index);
    void updateColumns();
    void updatePage();

    CardModel* m_model;
    CardFilter* m_filter;
    CardDelegate* m_delegate;
    QLineEdit* m_search;
    QListView* m_list;
    QStackedWidget* m_pages;
    QLabel* m_message;
    QString m_waiting;
};

} // namespace assay::widgets
