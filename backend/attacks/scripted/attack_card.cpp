#include "backend/attacks/scripted/attack_card.h"

#include "backend/protocol/error.h"
#include "backend/protocol/json_fields.h"

#include <QFile>

namespace assay::attacks {

namespace {

constexpr qint64 kMaxCardBytes = 1 << 20;

} // namespace

Json toJson(const AttackCard& card)
{
    return {
        {"name", card.name}, {"title", card.title}, {"file", card.file.string()}, {"sha256", card.sha256}};
}

AttackCard readAttackCard(const std::filesystem::path& file)
{
    QFile input(QString::fromStdString(file.string()));
    if (!input.open(QIODevice::ReadOnly))
        throw Error(input.errorString().toStdString(), file.string());
    const QByteArray bytes = input.read(kMaxCardBytes);
    const Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
    const protocol::JsonFields fields(json, file.string(), "the attack's card");
    AttackCard card{.name = fields.text("name"),
                    .title = fields.text("title", false),
                    .file = file.parent_path() / fields.text("file"),
                    .sha256 = fields.text("sha256", false)};
    card.file = card.file.lexically_normal();
    return card;
}

} // namespace assay::attacks
