#pragma once

#include "widgets/importing/import_list.h"

#include <QObject>
#include <QUndoStack>

#include <memory>

namespace assay::widgets {

/// Whether a card is in the workspace: what is wanted, and what the engine has confirmed.
struct Presence;

/// Imports and removals as steps that can be undone and done again. A step only sends a request; the list
/// shows it when the engine has answered. Cards are set aside and put back, the user's files are never
/// touched.
class WorkspaceHistory : public QObject
{
    Q_OBJECT
public:
    explicit WorkspaceHistory(AskEngine ask, QObject* parent = nullptr);
    ~WorkspaceHistory() override;

    QUndoStack& stack() { return m_stack; }

    /// A card has been written: undo takes it away.
    void addImport(const QString& kind, const QString& name, const QString& title);
    /// Takes a card away as a step of its own.
    void remove(const QString& kind, const QString& name, const QString& title);
    /// Does the opposite of the last step about a card: undoes it when it is the last of all, else as a new
    /// step.
    void revert(const QString& kind, const QString& name);

    /// Takes a card away to make room for its successor, without a step. Then finishReplacing() when the
    /// successor is written: one step that swaps the two; or cancelReplacing(), which puts the card back.
    void beginReplacing(const QString& kind, const QString& name, const QString& title);
    bool isReplacing() const { return m_replaced != nullptr; }
    void finishReplacing(const QString& name);
    void cancelReplacing();

Q_SIGNALS:
    /// The engine has taken a card away, or put it (back) into the workspace.
    void removed(const QString& kind, const QString& name, const QString& title);
    void restored(const QString& kind, const QString& name, const QString& title);
    /// The engine refused; nothing has changed. One sentence.
    void failed(const QString& sentence);

private:
    friend class PresenceStep;
    void want(const std::shared_ptr<Presence>& card, bool present);
    void settle(const std::shared_ptr<Presence>& card);
    void take(const std::shared_ptr<Presence>& card, const protocol::Reply& reply);

    AskEngine m_ask;
    QUndoStack m_stack;
    QList<std::shared_ptr<Presence>> m_cards; ///< the newest of a name last; steps share them
    std::shared_ptr<Presence> m_replaced;
};

} // namespace assay::widgets
