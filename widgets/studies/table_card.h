#pragma once

#include "backend/protocol/table.h"
#include "widgets/studies/result_card.h"

#include <memory>

namespace assay::widgets {

class Selection;
class SelectionLink;
class TableView;

/// A table on the page of results.
class TableCard : public ResultCard
{
    Q_OBJECT
public:
    TableCard(const QString& name, Selection& selection, QWidget* parent);

    void setTable(std::shared_ptr<const protocol::Table> table);
    TableView* view() const { return m_view; }
    void setTheme(const Theme& theme) override;

protected:
    void refresh() override;
    int contentHeight(int width) const override;

private:
    std::shared_ptr<const protocol::Table> m_table;
    SelectionLink* m_link;
    TableView* m_view;
};

} // namespace assay::widgets
