"""Words that no generated text may hold: coarse, hateful or sexual ones, and those that advertising law keeps apart.

A short list, not a complete one; a shop adds its own words, see docs/spec/creatives.md.
"""

from __future__ import annotations

_ENGLISH = """
arse arsehole ass asshole bastard bitch bitches bloody bollocks boner boob boobs bugger bullshit cock cocks crap cum
cunt cunts damn dick dickhead dildo dyke fag faggot fags fuck fucked fucker fuckers fuckin fucking fucks goddamn hooker
jerkoff jizz motherfucker motherfucking nazi nazis nigga nigger niggers orgasm penis piss pissed porn porno pornographic
prick pussy rape rapist retard retarded sex sexy shit shits shitty slut sluts spic tits twat vagina wank wanker whore
whores xxx casino casinos cocaine gambling heroin marijuana viagra cialis bitcoin crypto suicide kill murder terrorist
"""
# Of a script without spaces: looked for anywhere.
_CHINESE = """
傻逼 傻屄 煞笔 操你 肏 草泥马 他妈的 妈的 你妈 妈逼 尼玛 狗屎 狗日 王八蛋 混蛋 婊子 贱人 贱货 妓女 嫖 鸡巴 屌 卵子
色情 黄色网站 裸聊 性交 强奸 卖淫 杂种 去死 自杀 杀人 恐怖分子 赌博 赌场 毒品 海洛因 大麻 代孕 枪支
"""
FORBIDDEN = frozenset(_ENGLISH.split())
FORBIDDEN_WITHIN = tuple(_CHINESE.split())
