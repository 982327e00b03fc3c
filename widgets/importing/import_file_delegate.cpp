#include "widgets/importing/import_file_delegate.h"

#include "widgets/importing/import_list.h"

namespace assay::widgets {

using State = ImportFile::State;

void ImportFileDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const auto look = [this](State state) -> std::pair<QString, QColor> {
        switch (state) {
        case State::Ready:
            return {QStringLiteral("play"), m_theme.accent};
        case State::Added:
            return {QStringLiteral("check"), m_theme.good};
        case State::Asking:
        case State::Held:
            return {QStringLiteral("help"), m_theme.warning};
        case State::Blocked:
        case State::Failed:
        case State::Unknown:
            return {QStringLiteral("error"), m_theme.bad};
        case State::Stopped:
            return {QStringLiteral("stop"), m_theme.mutedText};
        case State::Waiting:
        case State::Looking:
        case State::Adding:
            break;
        }
        return {QStringLiteral("more"), m_theme.mutedText};
    };
    const auto [icon, colour] = look(State(index.data(ImportList::StateRole).toInt()));
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->icon = m_theme.icon(icon, colour);
    const int em = option->fontMetrics.height();
    option->decorationSize = QSize(em, em);
    option->textElideMode = Qt::ElideMiddle;
}

} // namespace assay::widgets
