#pragma once

#include <QByteArray>

#include <random>

namespace assay::test {

/// One to four changes: a byte set, a bit turned, a byte made extreme, cut, repeated or removed.
inline QByteArray mutated(QByteArray bytes, std::mt19937& random)
{
    const int changes = 1 + int(random() % 4);
    for (int i = 0; i < changes && !bytes.isEmpty(); ++i) {
        const auto at = qsizetype(random() % std::uint32_t(bytes.size()));
        switch (random() % 7) {
        case 0:
            bytes[at] = char(random());
            break;
        case 1:
            bytes[at] = char(bytes[at] ^ (1 << (random() % 8)));
            break;
        case 2:
            bytes[at] = random() % 2 == 0 ? char(0xff) : char(0x7f);
            break;
        case 3:
            bytes.truncate(at);
            break;
        case 4:
            bytes.insert(at, bytes.mid(at, qsizetype(random() % 24)));
            break;
        case 5:
            bytes.replace(at, 8, bytes.mid(qsizetype(random() % std::uint32_t(bytes.size())), 8));
            break;
        default:
            bytes.remove(at, qsizetype(random() % 8));
            break;
        }
    }
    return bytes;
}

} // namespace assay::test
