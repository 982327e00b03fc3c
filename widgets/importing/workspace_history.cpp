#include "widgets/importing/workspace_history.h"

#include "widgets/engine/json_read.h"

#include <QUndoCommand>

#include <algorithm>
#include <utility>

namespace assay::widgets {

struct Presence
{
    QString kind, name, title;
    QString token;       ///< puts it back
    bool wanted = true;  ///< in the workspace
    bool present = true; ///< as the engine last said
    bool busy = false;
    bool lost = false; ///< the engine refused: steps about it are void
};

/// Brings cards to a state and back: one card for an import or a removal, two where one replaced the other.
class PresenceStep : public QUndoCommand
{
public:
    struct Change
    {
        std::shared_ptr<Presence> card;
        bool present; ///< after the step
    };

    PresenceStep(WorkspaceHistory& history, const QString& text, QList<Change> changes, bool done)
        : QUndoCommand(text)
        , m_history(history)
        , m_changes(std::move(changes))
        , m_done(done)
    {}

    void redo() override
    {
        if (std::exchange(m_done, false))
            return;
        for (const Change& change : m_changes)
            bring(change, change.present);
    }
    void undo() override
    {
        // The last change first: a successor leaves before its forerunner comes back to the same name.
        for (auto it = m_changes.crbegin(); it != m_changes.crend(); ++it)
            bring(*it, !it->present);
    }
    const QList<Change>& changes() const { return m_changes; }

private:
    void bring(const Change& change, bool present)
    {
        if (change.card->lost)
            setObsolete(true);
        else
            m_history.want(change.card, present);
    }

    WorkspaceHistory& m_history;
    QList<Change> m_changes;
    bool m_done; ///< what the step is about has happened already
};

WorkspaceHistory::WorkspaceHistory(AskEngine ask, QObject* parent)
    : QObject(parent)
    , m_ask(std::move(ask))
{}

WorkspaceHistory::~WorkspaceHistory()
{
    m_stack.clear(); // steps refer to this object
}

void WorkspaceHistory::addImport(const QString& kind, const QString& name, const QString& title)
{
    auto card = std::make_shared<Presence>(Presence{kind, name, title, {}});
    m_cards.append(card);
    m_stack.push(new PresenceStep(*this, tr("Import of %1").arg(title), {{card, true}}, true));
}

void WorkspaceHistory::remove(const QString& kind, const QString& name, const QString& title)
{
    // A card of an earlier step is shared, so that its token passes from step to step.
    const auto it = std::find_if(m_cards.crbegin(), m_cards.crend(), [&](const auto& card) {
        return card->kind == kind && card->name == name && card->present && !card->lost;
    });
    auto card = it != m_cards.crend() ? *it : std::make_shared<Presence>(Presence{kind, name, title, {}});
    if (it == m_cards.crend())
        m_cards.append(card);
    m_stack.push(new PresenceStep(*this, tr("Removal of %1").arg(title), {{card, false}}, false));
}

void WorkspaceHistory::revert(const QString& kind, const QString& name)
{
    const auto it = std::find_if(m_cards.crbegin(), m_cards.crend(),
                                 [&](const auto& card) { return card->kind == kind && card->name == name; });
    if (it == m_cards.crend())
        return;
    const auto card = *it;
    const auto* last = static_cast<const PresenceStep*>(
        m_stack.index() > 0 ? m_stack.command(m_stack.index() - 1) : nullptr);
    const bool isLast = last && std::any_of(last->changes().begin(), last->changes().end(),
                                            [&](const auto& change) { return change.card == card; });
    if (isLast)
        m_stack.undo();
    else if (card->wanted)
        m_stack.push(new PresenceStep(*this, tr("Removal of %1").arg(card->title), {{card, false}}, false));
    else
        m_stack.push(new PresenceStep(*this, tr("Return of %1").arg(card->title), {{card, true}}, false));
}

void WorkspaceHistory::beginReplacing(const QString& kind, const QString& name, const QString& title)
{
    m_replaced = std::make_shared<Presence>(Presence{kind, name, title, {}});
    want(m_replaced, false);
}

void WorkspaceHistory::finishReplacing(const QString& name)
{
    const auto old = std::exchange(m_replaced, nullptr);
    auto card = std::make_shared<Presence>(Presence{old->kind, name, old->title, {}});
    m_cards.append(old);
    m_cards.append(card);
    m_stack.push(
        new PresenceStep(*this, tr("New import of %1").arg(old->title), {{old, false}, {card, true}}, true));
}

void WorkspaceHistory::cancelReplacing()
{
    if (const auto old = std::exchange(m_replaced, nullptr))
        want(old, true);
}

void WorkspaceHistory::want(const std::shared_ptr<Presence>& card, bool present)
{
    card->wanted = present;
    settle(card);
}

void WorkspaceHistory::settle(const std::shared_ptr<Presence>& card)
{
    if (card->busy || card->wanted == card->present)
        return;
    card->busy = true;
    const auto answer = [this, card](const protocol::Reply& reply) { take(card, reply); };
    if (card->present)
        m_ask("import.remove", {{"kind", card->kind.toStdString()}, {"name", card->name.toStdString()}}, this,
              answer);
    else
        m_ask("import.restore", {{"undo", card->token.toStdString()}}, this, answer);
}

void WorkspaceHistory::take(const std::shared_ptr<Presence>& card, const protocol::Reply& reply)
{
    card->busy = false;
    if (!reply.ok) {
        card->wanted = card->present;
        card->lost = true;
        Q_EMIT failed(QString::fromStdString(reply.error));
        return;
    }
    card->present = !card->present;
    if (card->present) {
        card->name = textOf(reply.result, "name", card->name);
        Q_EMIT restored(card->kind, card->name, card->title);
    } else {
        card->token = textOf(reply.result, "undo");
        Q_EMIT removed(card->kind, card->name, card->title);
    }
    settle(card);
}

} // namespace assay::widgets
