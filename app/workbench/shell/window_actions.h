#pragma once

#include <QList>

namespace assay::widgets {
struct CardItem;
}

class QString;

namespace assay::workbench {

class MainWindow;

/// Registers the window's commands and fills the command palette.
class WindowActions
{
public:
    static void registerInto(MainWindow& window);
    /// Commands that can be used now, studies and runs.
    static QList<widgets::CardItem> paletteItems(const MainWindow& window);
    /// Does what the chosen palette item says.
    static void perform(MainWindow& window, const QString& id);

private:
    /// Those selected in the library; with fewer than two, says how.
    static void compareRuns(MainWindow& window);
};

} // namespace assay::workbench
