#include "widgets/report/editor/block_menu.h"

#include "widgets/figures/print_preset.h"
#include "widgets/report/editor/report_actions.h"
#include "widgets/report/editor/report_edits.h"
#include "widgets/report/report_content.h"

#include <QCoreApplication>
#include <QLocale>
#include <QMenu>

namespace assay::widgets {

namespace {

struct BlockMenuWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::BlockMenu)
};

QString tr(const char* text)
{
    return BlockMenuWords::tr(text);
}

/// A menu of choices of which one holds.
template <class Value, class Choose>
void addChoices(QMenu& menu, const QString& title, const char* name,
                const QVector<std::pair<Value, QString>>& choices, Value now, Choose choose)
{
    QMenu* sub = menu.addMenu(title);
    sub->setObjectName(QString::fromLatin1(name));
    for (const auto& [value, text] : choices) {
        QAction* action = sub->addAction(text, sub, [choose, value = value] { choose(value); });
        action->setCheckable(true);
        action->setChecked(value == now);
    }
}

void addFigureActions(QMenu& menu, ReportActions& actions, const ReportBlock& block,
                      const BlockMenuContext& context)
{
    const QString id = block.id;
    const PrintPreset& preset = printPreset(context.preset);
    const auto mm = [](double width) { return QLocale().toString(width, 'g', 4); };
    QVector<std::pair<double, QString>> widths{{0.0, tr("The whole text")}};
    if (preset.columnMm < preset.pageMm)
        widths << std::pair{preset.columnMm, tr("One column (%1 mm)").arg(mm(preset.columnMm))};
    for (const double width : {120.0, 88.0, 60.0}) {
        if (width < preset.pageMm && width != preset.columnMm)
            widths << std::pair{width, tr("%1 mm").arg(mm(width))};
    }
    addChoices<double>(menu, tr("Width on paper"), "widthMenu", widths, block.widthMm,
                       [&actions, id](double width) { actions.setWidth(id, width); });
    const auto panels = int(block.parts.size());
    if (panels > 1) {
        QVector<std::pair<int, QString>> columns{{0, tr("By their number")}};
        for (int i = 1; i <= std::min(panels, 4); ++i)
            columns << std::pair{i, QString::number(i)};
        addChoices<int>(menu, tr("Panels in a row"), "columnsMenu", columns, block.columns,
                        [&actions, id](int n) { actions.setColumns(id, n); });
        QMenu* one = menu.addMenu(tr("Panels"));
        one->setObjectName(QStringLiteral("panelsMenu"));
        for (int i = 0; i < panels; ++i) {
            QMenu* panel = one->addMenu(tr("Panel (%1)").arg(panelLetter(i)));
            panel
                ->addAction(tr("Move forward"), &menu, [&actions, id, i] { actions.movePanel(id, i, i - 1); })
                ->setEnabled(i > 0);
            panel->addAction(tr("Move back"), &menu, [&actions, id, i] { actions.movePanel(id, i, i + 1); })
                ->setEnabled(i + 1 < panels);
            panel->addAction(tr("Take out"), &menu, [&actions, id, i] { actions.takeOut(id, i); });
        }
        menu.addAction(tr("Take panels apart"), &menu, [&actions, id] { actions.takeApart(id); })
            ->setObjectName(QStringLiteral("takeApart"));
    }
    if (!context.figureAbove.isEmpty()) {
        menu.addAction(tr("Make it a panel of the figure above"), &menu,
                       [&actions, id, onto = context.figureAbove] { actions.compose(id, onto); })
            ->setObjectName(QStringLiteral("composeAbove"));
    }
}

void addAmounts(QMenu& menu, ReportActions& actions, const ReportBlock& block)
{
    const bool images = block.kind == ReportBlock::Kind::Gallery;
    QVector<std::pair<int, QString>> amounts{{0, tr("Usual number")}};
    for (const int n : images ? QVector<int>{4, 8, 16, 32, 64} : QVector<int>{3, 5, 10, 20, 50})
        amounts << std::pair{n, tr("The first %1").arg(n)};
    amounts << std::pair{1000000, tr("All")};
    addChoices<int>(menu, images ? tr("Images shown") : tr("Rows shown"), "mostMenu", amounts, block.most,
                    [&actions, id = block.id](int n) { actions.setMost(id, n); });
}

void addRunActions(QMenu& menu, ReportActions& actions, const ReportBlock& block,
                   const BlockMenuContext& context)
{
    menu.addSeparator();
    QAction* follow = menu.addAction(
        tr("Follow newer runs of the same parameters"), &menu,
        [&actions, id = block.id, pinned = isPinned(block)] { actions.setPinned(id, !pinned); });
    follow->setObjectName(QStringLiteral("followRuns"));
    follow->setCheckable(true);
    follow->setChecked(!isPinned(block));
    for (const QString& run : context.runs) {
        menu.addAction(context.runs.size() == 1 ? tr("Open its run") : tr("Open run %1").arg(run), &menu,
                       [open = context.openRun, run] { open(run); });
    }
}

} // namespace

void fillBlockMenu(QMenu& menu, ReportActions& actions, const ReportBlock& block,
                   const BlockMenuContext& context)
{
    const QString id = block.id;
    // The keys are the paper's own: they are only shown here.
    const auto add = [&](const char* name, const char* icon, const QString& text, const QKeySequence& key,
                         auto handler) {
        QAction* action = menu.addAction(text, &menu, handler);
        action->setObjectName(QString::fromLatin1(name));
        if (*icon)
            action->setIcon(context.theme.icon(QString::fromLatin1(icon), context.theme.mutedText));
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetShortcut);
        action->setShortcutVisibleInContextMenu(true);
        return action;
    };
    const bool note = block.kind == ReportBlock::Kind::Text;
    if (context.edit)
        add("editBlock", "", note ? tr("Write") : tr("Write the caption"), QKeySequence(Qt::Key_Return),
            context.edit);
    add("noteBelow", "plus", tr("Add a note below"), QKeySequence(Qt::CTRL | Qt::Key_Return),
        [&actions, id] { actions.addNote(id); });
    menu.addSeparator();
    if (block.kind == ReportBlock::Kind::Figure)
        addFigureActions(menu, actions, block, context);
    else if (block.kind == ReportBlock::Kind::Table || block.kind == ReportBlock::Kind::Gallery ||
             block.kind == ReportBlock::Kind::Summary)
        addAmounts(menu, actions, block);
    if (!block.parts.isEmpty())
        addRunActions(menu, actions, block, context);
    menu.addSeparator();
    add("moveUp", "chevron-up", tr("Move up"), QKeySequence(Qt::ALT | Qt::Key_Up),
        [&actions, id] { actions.moveBy(id, -1); });
    add("moveDown", "chevron-down", tr("Move down"), QKeySequence(Qt::ALT | Qt::Key_Down),
        [&actions, id] { actions.moveBy(id, 1); });
    add("duplicateBlock", "copy", tr("Duplicate"), QKeySequence(Qt::CTRL | Qt::Key_D),
        [&actions, id] { actions.duplicate(id); });
    add("deleteBlock", "trash", tr("Delete"), QKeySequence(Qt::Key_Delete),
        [&actions, id] { actions.remove(id); });
}

} // namespace assay::widgets
